"""The demo's frame: a fresh installation in a temporary folder, the story, and what is said of it afterwards."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import BinaryIO

import typer

from bot.console.client import ConsoleClient
from bot.console.terminal import PlainTerminal
from bot.demo import contact_sheet
from bot.demo.photos import Subject, bundled_subject, subject_from
from bot.demo.story import Story
from core.errors import ConfigurationError
from core.rules.kinds import ModelKind
from core.settings import Settings

DEFAULT_OUT = Path("demo-output")
START_SECONDS = 120.0
STOP_SECONDS = 30.0


async def play(
    settings: Settings,
    *,
    photos: Path | None = None,
    name: str | None = None,
    kind: ModelKind | None = None,
    class_noun: str | None = None,
    out: Path | None = None,
) -> bool:
    """Play the demo and write its pictures, contact sheet and `summary.json`; True when every step went well.

    Raises:
        ConfigurationError: The photos, or what was said about them, do not make a subject.
    """
    subject = _subject(photos, name, kind, class_noun)
    folder = _emptied((out or DEFAULT_OUT).resolve())
    data_dir = folder / "data"  # of its own: the demo does not touch anybody's models
    async with _running(data_dir), ConsoleClient(data_dir, connect_seconds=START_SECONDS) as client:
        printing = asyncio.create_task(PlainTerminal(client, sys.stdin, sys.stdout).follow())
        story = Story(client, subject, folder)
        try:
            await story.tell()
        finally:
            printing.cancel()
            await asyncio.gather(printing, return_exceptions=True)
    await story.measure()
    return _write_summary(story, folder)


def _subject(
    photos: Path | None, name: str | None, kind: ModelKind | None, class_noun: str | None
) -> Subject:
    if photos is None:
        if name or kind or class_noun:
            raise ConfigurationError(
                "NAME, KIND and CLASS describe photos of your own: give PHOTOS=folder as well."
            )
        return bundled_subject()
    return subject_from(
        photos, name or photos.name.replace("_", " "), kind or ModelKind.PRODUCT, class_noun or photos.name
    )


def _emptied(folder: Path) -> Path:
    """Return the folder, made anew.

    Raises:
        ConfigurationError: It holds something that no demo wrote.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / "data").is_dir():
        raise ConfigurationError(
            f"{folder} is not empty and holds no earlier demo. Choose another with OUT=folder."
        )
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _log_of(data_dir: Path) -> BinaryIO:
    data_dir.mkdir()
    return (data_dir / "bot.log").open("wb")


@asynccontextmanager
async def _running(data_dir: Path) -> AsyncGenerator[None]:
    """Run bot and worker, as `likeness run` does for anybody, until the block ends."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("LIKENESS_")}
    kept.pop("DATABASE_URL", None)
    environment = {**kept, "LIKENESS_DATA_DIR": str(data_dir), "LIKENESS_DEFAULT_PLAN": "pro",
                   "LIKENESS_LOG_LEVEL": "INFO", "LIKENESS_POLL_SECONDS": "0.5"}  # fmt: skip
    with _log_of(data_dir) as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.cli", "run", "--no-terminal",
            env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        yield
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                process.kill()
                await process.wait()


def _write_summary(story: Story, folder: Path) -> bool:
    sheet = folder / "contact-sheet.png"
    contact_sheet.draw(story.sheet_rows(), sheet)
    is_ok = story.is_ok()
    summary = {
        "ok": is_ok,
        "steps": [asdict(step) for step in story.steps],
        "likeness": asdict(story.likeness),
        "scenes": [asdict(scene) for scene in story.scenes],
        "pictures": [str(path) for path in story.pictures],
        "contact_sheet": str(sheet),
    }
    path = folder / "summary.json"
    path.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    typer.echo("")
    for line in story.closing_lines():
        typer.echo(line)
    typer.echo(f"Look at {sheet} · all figures are in {path}")
    return is_ok
