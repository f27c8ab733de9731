"""The checks that look at one photo at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator

from core.feedback.calibration import RECOMMENDED_SIDE_PX, SMALLEST_SIDE_PX, Calibration
from core.feedback.features import Features
from core.feedback.findings import Check, Finding, Severity
from core.feedback.fixes import Fix, would_cut
from core.feedback.photo_set import Measured, PhotoSet
from core.feedback.sentences import blurry_reason
from core.rules.kinds import ModelKind


def cut_by_crop(photos: PhotoSet) -> Iterator[Finding]:
    """Find photos whose square crop would cut the subject."""
    if photos.kind is ModelKind.STYLE:  # a cut subject teaches the same style
        return
    for position, photo in enumerate(photos.features):
        if would_cut(photo):
            yield photos.found(
                *(Check.CROP, Severity.HIGH, (position,)),
                why=f"The square crop would cut off part of the {photos.noun}.",
                fix="Pad it with white, or replace it with a photo that leaves room around it.",
                applicable_fix=Fix.PAD,
            )


def framed_by_bars(photos: PhotoSet) -> Iterator[Finding]:
    """Find photos with padding bars."""
    for position, photo in enumerate(photos.features):
        if photo.content is None:
            continue
        width, height = photo.content.right - photo.content.left, photo.content.bottom - photo.content.top
        share = 1 - width * height / (photo.width_px * photo.height_px)
        yield photos.found(
            *(Check.FRAMING, Severity.MEDIUM, (position,)),
            why=f"Plain bars fill {share:.0%} of it, and pictures would show them too.",
            fix="Cut them off, or add the photo without them.",
            measured=Measured(share, 0.0),
            applicable_fix=Fix.TRIM,
        )


def low_resolution(photos: PhotoSet) -> Iterator[Finding]:
    """Find photos that are too small, and advise on middling ones."""
    detail = "the face and its fine features" if photos.kind is ModelKind.CHARACTER else "fine detail"
    best = f"{RECOMMENDED_SIDE_PX} x {RECOMMENDED_SIDE_PX}"
    for position, photo in enumerate(photos.features):
        side, size = float(photo.short_side_px), f"{photo.width_px} x {photo.height_px}"
        if side < SMALLEST_SIDE_PX:
            yield photos.found(
                *(Check.LOW_RESOLUTION, Severity.MEDIUM, (position,)),
                measured=Measured(side, float(SMALLEST_SIDE_PX)),
                why=f"Small: {size} leaves little detail to learn, so pictures would come out soft.",
                fix="Best: replace it with a larger one. Enlarging it adds pixels, not detail.",
                applicable_fix=Fix.UPSCALE,
            )
        elif side < RECOMMENDED_SIDE_PX:
            yield photos.found(
                *(Check.LOW_RESOLUTION, Severity.INFO, (position,)),
                measured=Measured(side, float(RECOMMENDED_SIDE_PX)),
                why=f"{size} works; {best} or more shows {detail} better.",
                fix="Use a larger one if you have it.",
            )


def softness(photo: Features, calibration: Calibration) -> Measured | None:
    """The score and threshold by which the whole photo is blurry, or None for a sharp one."""
    sharpness = photo.sharpness
    if math.isinf(sharpness.edge_sigma_px):
        if sharpness.tile_detail < calibration.min_tile_detail:
            return Measured(sharpness.tile_detail, calibration.min_tile_detail)
    elif (
        sharpness.edge_sigma_px > calibration.max_edge_sigma_px
        and sharpness.tile_detail < calibration.sharp_tile_detail
    ):
        return Measured(sharpness.edge_sigma_px, calibration.max_edge_sigma_px)
    if sharpness.edge_sigma_px < calibration.sharp_edge_sigma_px:
        return None
    if sharpness.directional_detail < calibration.min_directional_share * sharpness.tile_detail:
        return Measured(
            sharpness.directional_detail / sharpness.tile_detail, calibration.min_directional_share
        )
    return None


def misplaced_focus(photo: Features, calibration: Calibration) -> Measured | None:
    """The score and threshold by which the subject is soft while something else is sharp, or None."""
    sharpness = photo.sharpness
    if sharpness.subject_edge_sigma_px < calibration.sharp_edge_sigma_px:
        return None
    if sharpness.subject_detail < calibration.min_subject_detail:
        return Measured(sharpness.subject_detail, calibration.min_subject_detail)
    return None


def blurry(photos: PhotoSet) -> Iterator[Finding]:
    """Find photos that are blurry, or whose subject is."""
    for position, photo in enumerate(photos.features):
        measured = softness(photo, photos.calibration)
        why = blurry_reason(photos.kind, photos.noun)
        if measured is None and photos.kind is not ModelKind.STYLE:
            measured = misplaced_focus(photo, photos.calibration)
            why = f"The focus lies beside the {photos.noun}, whose own detail is soft."
        if measured is not None:
            yield photos.found(
                *(Check.BLURRY, Severity.LOW, (position,)),
                measured=measured,
                why=why,
                fix="Best: replace it with a sharp one. One great photo beats one great and two poor.",
            )


def badly_lit(photos: PhotoSet) -> Iterator[Finding]:
    """Find photos that are too dark, or whose subject is overexposed."""
    if photos.kind is ModelKind.STYLE:  # a style may be dark
        return
    calibration = photos.calibration
    for position, photo in enumerate(photos.features):
        if photo.light.brightest < calibration.min_brightest:
            yield photos.found(
                *(Check.LIGHTING, Severity.LOW, (position,)),
                measured=Measured(photo.light.brightest, calibration.min_brightest),
                why=f"Dark: even its light parts are dim, so shapes and colours of the {photos.noun} get lost.",
                fix="Best: photograph it in even light, or brighten the photo and add it again.",
            )
        elif photo.light.clipped_share > calibration.max_clipped_share:
            yield photos.found(
                *(Check.LIGHTING, Severity.LOW, (position,)),
                measured=Measured(photo.light.clipped_share, calibration.max_clipped_share),
                why=f"Overexposed: parts of the {photos.noun} are burnt out to white and show no detail.",
                fix="Best: photograph it in softer light.",
            )


def noisy(photos: PhotoSet) -> Iterator[Finding]:
    """Find photos with noise or heavy grain."""
    if photos.kind is ModelKind.STYLE:  # grain may be the style
        return
    threshold = photos.calibration.max_noise_sigma
    for position, photo in enumerate(photos.features):
        if photo.sharpness.tile_noise_sigma > threshold:
            yield photos.found(
                *(Check.NOISE, Severity.LOW, (position,)),
                measured=Measured(photo.sharpness.tile_noise_sigma, threshold),
                why="Noisy: even its smooth parts are grainy, and pictures would take the grain over.",
                fix="Best: replace it with one taken in more light.",
            )


def cluttered(photos: PhotoSet) -> Iterator[Finding]:
    """Find photos whose background competes with the subject: advice only, for it may be wanted."""
    if photos.kind is ModelKind.STYLE:
        return
    threshold = photos.calibration.max_clutter
    for position, photo in enumerate(photos.features):
        if photo.clutter is not None and photo.clutter > threshold:
            yield photos.found(
                *(Check.BACKGROUND_CLUTTER, Severity.INFO, (position,)),
                measured=Measured(photo.clutter, threshold),
                why=f"A busy background competes with the {photos.noun} and may come back in pictures.",
                fix="A plain background, or a different one on each photo, works best.",
            )
