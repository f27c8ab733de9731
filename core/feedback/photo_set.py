"""What every check is given: the measured photos, what they are for, and where the lines are."""

from __future__ import annotations

from dataclasses import dataclass

from core.feedback.calibration import Calibration
from core.feedback.features import Features
from core.feedback.findings import Check, Finding, Severity, Status, dismiss_key
from core.feedback.fixes import Fix
from core.feedback.sentences import photo_list
from core.feedback.vision import NoSight, Sight
from core.rules.kinds import ModelKind


@dataclass(frozen=True)
class Measured:
    """A score beside the line that it was held against."""

    score: float
    threshold: float


@dataclass(frozen=True, eq=False)
class PhotoSet:
    """Photos to judge together.

    Attributes:
        features: One for each photo, in the photos' order.
        kind: What is to be trained.
        noun: What the photos show ("shoe"), for the sentences.
        calibration: Where the lines are drawn.
        numbers: What people call each photo; those of a thread have gaps once one was removed.
        sight: What a vision model saw on them, or why it saw nothing.
    """

    features: tuple[Features, ...]
    kind: ModelKind
    noun: str
    calibration: Calibration
    numbers: tuple[int, ...]
    sight: Sight | NoSight = NoSight.NOT_SET_UP

    @property
    def heights_px(self) -> tuple[float, ...]:
        """The photos' heights."""
        return tuple(float(photo.height_px) for photo in self.features)

    def named(self, photos: tuple[int, ...]) -> str:
        """Name photos, given as 0-based positions, as people do: "photos 1 and 4"."""
        return photo_list(tuple(self.numbers[position] - 1 for position in photos))

    def found(
        self,
        check: Check,
        severity: Severity,
        photos: tuple[int, ...],
        *,
        why: str,
        fix: str,
        measured: Measured | None = None,
        applicable_fix: Fix | None = None,
    ) -> Finding:
        """Say what was found on photos, given as 0-based positions, or on the whole set where none are named."""
        return Finding(
            check=check,
            status=Status.FOUND,
            severity=severity,
            photos=photos,
            score=measured.score if measured else None,
            threshold=measured.threshold if measured else None,
            why=why,
            fix=fix,
            applicable_fix=applicable_fix,
            dismiss_key=self._key(check, photos),
        )

    def not_assessed(self, check: Check, photos: tuple[int, ...], why: str, fix: str) -> Finding:
        """Say what could not be judged on photos, or on the whole set where none are named."""
        key = self._key(check, photos)
        return Finding(
            check,
            Status.NOT_ASSESSED,
            Severity.INFO,
            photos,
            None,
            None,
            why,
            fix,
            applicable_fix=None,
            dismiss_key=key,
        )

    def _key(self, check: Check, photos: tuple[int, ...]) -> str:
        concerned = photos or tuple(range(len(self.features)))
        return dismiss_key(check, (self.features[position].sha256 for position in concerned))
