"""What can be said about a set of photos: the vocabulary of findings. Advice, never a refusal."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from core.feedback.fixes import Fix


class Check(StrEnum):
    """What is looked at in a set of photos before training."""

    LOW_RESOLUTION = "low_resolution"
    BLURRY = "blurry"
    DIFFERENT_SUBJECT = "different_subject"
    BACKGROUND_CLUTTER = "background_clutter"
    UNCLEAR_PRODUCT = "unclear_product"
    UNKNOWN_SIZE = "unknown_size"
    LIGHTING = "lighting"
    NOISE = "noise"
    ANGLE = "angle"
    REDUNDANT = "redundant"
    PEOPLE = "people"
    FRAMING = "framing"
    CROP = "crop"
    MIXED_QUALITY = "mixed_quality"


class Status(StrEnum):
    """Whether a check saw something, or could not look."""

    FOUND = "found"
    NOT_ASSESSED = "not_assessed"


class Severity(StrEnum):
    """How much a finding harms the result; `INFO` is advice that asks for no decision."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """One thing that a person may want to change, or look at themselves.

    Attributes:
        check: What was looked at.
        status: Found, or not assessed.
        severity: How much it harms.
        photos: 0-based positions; a finding that flags a photo flags the last of them. Empty: the whole set.
        score: What was measured, in the unit of `threshold`; None where nothing was.
        threshold: The line it was held against.
        why: What is wrong and what it does to the pictures.
        fix: What to do.
        applicable_fix: What can be applied with one button, if anything.
        dismiss_key: Names this finding on exactly these pictures, wherever they stand in the set; a changed
            picture changes the key, which opens the finding again.
    """

    check: Check
    status: Status
    severity: Severity
    photos: tuple[int, ...]
    score: float | None
    threshold: float | None
    why: str
    fix: str
    applicable_fix: Fix | None
    dismiss_key: str


def flags(finding: Finding) -> bool:
    """Whether somebody should decide about a photo because of this finding; advice asks for nothing."""
    return finding.status is Status.FOUND and finding.severity is not Severity.INFO and bool(finding.photos)


def flagged_photo(finding: Finding) -> int | None:
    """The 0-based position of the photo to decide about, or None."""
    return finding.photos[-1] if flags(finding) else None


def dismiss_key(check: Check, hashes: Iterable[str]) -> str:
    """The key of a finding of one check about the pictures with these hashes."""
    return hashlib.sha256("\n".join((check, *sorted(hashes))).encode()).hexdigest()
