"""The labelled photos, opened and measured as the product measures them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from benchmarks.feedback.damage import REFERENCE_SIDE_PX, Picture
from benchmarks.feedback.labels import Label, read_labels
from core.feedback.features import Features, fit, measure

QUALITY = 95  # as intake saves photos


@dataclass(frozen=True, eq=False)
class Photo:
    """A labelled photo: what it looks like at a long side of 1024 px, and what is measured on the file."""

    label: Label
    picture: Picture
    features: Features

    @property
    def subject(self) -> str:
        """Whose photo it is."""
        return self.label.subject


def open_photos() -> list[Photo]:
    """Open and measure every labelled photo."""
    return [_open(label) for label in read_labels()]


def measured(picture: Picture) -> Features:
    """Measure a changed picture on the product's way, through a file."""
    return measure(as_jpeg(picture))


def as_jpeg(picture: Picture) -> bytes:
    """Save a picture as intake does."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=QUALITY, subsampling=0)
    return out.getvalue()


def subjects_of(photos: Sequence[Photo]) -> list[str]:
    """Whose photos these are, in their order."""
    return [photo.subject for photo in photos]


def _open(label: Label) -> Photo:
    data = label.path.read_bytes()
    with Image.open(io.BytesIO(data)) as image:
        picture = fit(np.asarray(image.convert("RGB")), REFERENCE_SIDE_PX)
    return Photo(label, picture, measure(data))
