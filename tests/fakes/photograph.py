"""Pages of a story → pictures for the documentation, by chromium. What is on the pages is each platform's."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Collection, Coroutine
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops

WIDTH_PX, TALLEST_PX, MARGIN_PX = 680, 6000, 16
MAX_BYTES = 150_000
"""Of a picture on a page of the documentation."""
PALETTES = ((192, 64), (128, 48), (96, 32), (64, 32), (40, 24))
"""Common and rare colours, fewer where the picture is too large. Without the rare ones, small emoji turn brown."""
NO_BROWSER = "Install chromium (on Debian: apt-get install chromium) to make photographs."
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

WritePages = Callable[[Collection[str], Path], Coroutine[Any, Any, None]]
"""Writes the pages of these names into a folder, as HTML."""


def find_browser() -> str | None:
    """Return the browser that takes the photographs, or None where there is none."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def photograph(browser: str, page: Path, picture: Path, width_px: int = WIDTH_PX) -> None:
    """Photograph a page, without what is empty below it."""
    raw = page.with_suffix(".png")
    command = (
        browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        f"--window-size={width_px},{TALLEST_PX}", f"--screenshot={raw}", page.as_uri(),
    )  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    with Image.open(raw) as whole:
        image = whole.convert("RGB")
    ground = Image.new("RGB", image.size, image.getpixel((0, image.height - 1)))
    box = ImageChops.difference(image, ground).getbbox()
    bottom = image.height if box is None else min(image.height, box[3] + MARGIN_PX)
    image = image.crop((0, 0, width_px, bottom))
    for common, rare in PALETTES:
        _in_few_colours(image, common, rare).save(picture, optimize=True)
        if picture.stat().st_size <= MAX_BYTES:
            return


def _in_few_colours(image: Image.Image, common_count: int, rare_count: int) -> Image.Image:
    """Return the picture with a palette: most of it the colours that there is much of, some of it the rare ones."""
    common = image.quantize(common_count, Image.Quantize.MEDIANCUT).getpalette()
    rare = image.quantize(rare_count, Image.Quantize.MAXCOVERAGE).getpalette()
    assert common is not None
    assert rare is not None
    palette = Image.new("P", (1, 1))
    palette.putpalette(common[: 3 * common_count] + rare[: 3 * rare_count])
    return image.quantize(palette=palette, dither=Image.Dither.NONE)


def run(
    write_pages: WritePages,
    names: Collection[str],
    checked_only: Collection[str],
    specs_dir: Path,
    *,
    platform: str,
    described: str | None,
    widths_px: dict[str, int] | None = None,
) -> None:
    """Read the command line, write the pages, and photograph them.

    Args:
        write_pages: Writes them.
        names: Of the pages for the documentation.
        checked_only: Of those to be looked at by whoever changes how something reads.
        specs_dir: The official descriptions that the platform's fake needs.
        platform: As its package is called.
        described: What the program says of itself.
        widths_px: Of pages that are wider than the rest.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m tests.fakes.{platform}.photograph", description=described
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--everything", action="store_true", help="one example of every reply, too")
    parser.add_argument("--only", nargs="*", choices=sorted(names), help="these pictures alone")
    asked = parser.parse_args()
    browser = find_browser()
    if browser is None:
        raise SystemExit(NO_BROWSER)
    if not specs_dir.is_dir():
        raise SystemExit(f"There are no official descriptions at {specs_dir}: set LIKENESS_SPECS_DIR.")
    wanted = [name for name in names if not asked.only or name in asked.only]
    wanted += checked_only if asked.everything else ()
    asked.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(write_pages(wanted, Path(folder)))
        for name in wanted:
            picture = asked.folder / f"{name}.png"
            width_px = (widths_px or {}).get(name, WIDTH_PX)
            photograph(browser, Path(folder) / f"{name}.html", picture, width_px)
            print(f"{picture}: {picture.stat().st_size // 1000} kB")
