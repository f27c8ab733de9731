"""What the demo trains on: bundled pictures, or a folder of somebody's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageFilter, ImageOps

from core.errors import ConfigurationError
from core.rules.kinds import ModelKind

BUNDLED = Path(__file__).resolve().parent.parent / "demo_pictures" / "aurora-mug"
BLUR_SHARE = 1 / 100
"""Gaussian sigma of the weak copy as a share of the long side: plainly out of focus."""
FEWEST_PHOTOS = 5
"""Three good ones, one that comes blurred first, and one that is held back to compare with."""
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".avif"}


@dataclass(frozen=True)
class Subject:
    """What is trained, and from which files."""

    name: str
    kind: ModelKind
    class_noun: str
    good: tuple[Path, ...]
    """Attached first, beside the weak one."""
    weak_original: Path
    """Attached blurred at first; `/edit` adds it sharp."""
    held_out: tuple[Path, ...]
    """Never trained on: likeness is measured against these."""
    is_bundled: bool


def bundled_subject() -> Subject:
    """Return the mug that ships with the project."""
    views = sorted(BUNDLED.glob("[0-9]*.jpg"))
    return Subject(
        name="Aurora Mug",
        kind=ModelKind.PRODUCT,
        class_noun="mug",
        good=tuple(views[:3]),
        weak_original=views[3],
        held_out=tuple(sorted(BUNDLED.glob("true-*.jpg"))),
        is_bundled=True,
    )


def subject_from(folder: Path, name: str, kind: ModelKind, class_noun: str) -> Subject:
    """Return a subject from a folder of photos, taken in the order of their names.

    Raises:
        ConfigurationError: The folder holds too few photos.
    """
    photos = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    if len(photos) < FEWEST_PHOTOS:
        raise ConfigurationError(
            f"{folder} has {len(photos)} photos; the demo takes at least {FEWEST_PHOTOS}: "
            "four to train on, the others to compare with."
        )
    return Subject(name, kind, class_noun, tuple(photos[:3]), photos[3], tuple(photos[4:]), is_bundled=False)


def blurred_copy(original: Path, folder: Path) -> Path:
    """Write the photo out of focus, as the weak one among the good ones."""
    with Image.open(original) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    copy = folder / f"blurred-{original.stem}.jpg"
    image.filter(ImageFilter.GaussianBlur(max(image.size) * BLUR_SHARE)).save(copy, quality=92)
    return copy
