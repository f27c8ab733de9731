"""What a vision model saw on photos: made by a worker, read here without torch.

Looks are compared as wholes. That tells one object from another; it never says who somebody is.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from core.feedback.calibration import VisionCalibration

MIN_FACE_SCORE = 0.5
"""Detectors say what they are not sure of, too; from here on a face counts. The usual default, not measured here."""


@dataclass(frozen=True)
class Face:
    """A face on a photo: its box in px of the photo, and how sure the detector is, 0 to 1."""

    left: float
    top: float
    right: float
    bottom: float
    score: float

    @property
    def height_px(self) -> float:
        """From forehead to chin."""
        return self.bottom - self.top


@dataclass(frozen=True, eq=False)
class Seen:
    """What was seen on one photo.

    Attributes:
        embedding: Its look as a unit vector, [D]; the cosine of two of them is how alike they are.
        faces: None where no face model is set up, which is not the same as no face.
    """

    embedding: NDArray[np.float32]
    faces: tuple[Face, ...] | None


class NoSight(StrEnum):
    """Why there is nothing but the offline measurements."""

    NOT_SET_UP = "not_set_up"
    NOT_IN_TIME = "not_in_time"


@dataclass(frozen=True, eq=False)
class Sight:
    """What a provider saw on a set of photos.

    Attributes:
        seen: One for each photo, in the photos' order.
        calibration: Where its lines are, or None until somebody ran `likeness calibrate`.
    """

    seen: tuple[Seen, ...]
    calibration: VisionCalibration | None

    @property
    def has_faces(self) -> bool:
        """Whether faces were looked for."""
        return all(photo.faces is not None for photo in self.seen)

    def faces(self, position: int) -> tuple[Face, ...]:
        """The faces on a photo that count."""
        return tuple(face for face in self.seen[position].faces or () if face.score >= MIN_FACE_SCORE)


def look_distances(embeddings: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Cosine distances between unit embeddings, [N, N]; 0 for the same look, 1 for nothing in common."""
    stacked = np.stack(embeddings)
    return np.maximum(0, 1 - stacked @ stacked.T).astype(np.float32)


def mean_similarity(distances: NDArray[np.floating]) -> NDArray[np.floating]:
    """The mean cosine between the photos of a set [N, N], or of many sets [..., N, N]."""
    count = distances.shape[-1]
    off_diagonal = distances.sum(axis=(-2, -1)) - np.trace(distances, axis1=-2, axis2=-1)
    return 1 - off_diagonal / (count * (count - 1))


def to_text(seen: Seen) -> str:
    """Write it small enough for a row: half precision is far finer than any line drawn through it."""
    half = base64.b64encode(seen.embedding.astype("<f2").tobytes()).decode()
    faces = None
    if seen.faces is not None:
        faces = [
            [
                *(round(side, 1) for side in (face.left, face.top, face.right, face.bottom)),
                round(face.score, 3),
            ]
            for face in seen.faces
        ]
    return json.dumps({"embedding": half, "faces": faces}, separators=(",", ":"))


def from_text(text: str) -> Seen:
    """Read it back."""
    read = json.loads(text)
    embedding = np.frombuffer(base64.b64decode(read["embedding"]), dtype="<f2").astype(np.float32)
    faces = None if read["faces"] is None else tuple(Face(*face) for face in read["faces"])
    return Seen((embedding / np.linalg.norm(embedding)).astype(np.float32), faces)
