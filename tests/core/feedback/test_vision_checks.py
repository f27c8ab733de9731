"""What a vision model adds to the feedback, and what is said where it lacks something."""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from PIL import Image

from core.feedback.calibration import VisionCalibration
from core.feedback.checks import check
from core.feedback.features import Features, measure
from core.feedback.findings import Check, Finding, Severity, Status, flagged_photo, flags
from core.feedback.questions import questions_about
from core.feedback.unseen import about_the_vision
from core.feedback.vision import Face, NoSight, Seen, Sight
from core.rules.kinds import ModelKind

SIDE_PX = 600
LINES = VisionCalibration("dinov2-0123456789ab", max_oddness=0.3, max_sameness=0.9)
PORTRAIT = Face(200, 150, 400, 400, 0.9)  # fills 250 of 600 px
FAR = Face(290, 40, 320, 80, 0.9)  # with 520 px below a face of 40
MIDDLING = Face(250, 150, 350, 250, 0.9)
UNSURE = Face(10, 10, 60, 60, 0.4)


@cache
def photo(seed: int, *, is_red: bool = False) -> Features:
    cells = np.random.default_rng(seed).integers(0, 255, (24, 24, 3), dtype=np.uint8)
    if is_red:
        cells[:, :, 1:] //= 8
    out = io.BytesIO()
    Image.fromarray(cells).resize((SIDE_PX, SIDE_PX), Image.Resampling.NEAREST).save(out, "PNG")
    return measure(out.getvalue())


def looking(degrees: float) -> np.ndarray:
    """A look: two of them are as alike as the cosine of the angle between them."""
    angle = np.radians(degrees)
    return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


def sight(
    *degrees: float, faces: Sequence[tuple[Face, ...] | None] = (), lines: VisionCalibration | None = LINES
) -> Sight:
    per_photo = faces or [None] * len(degrees)
    return Sight(
        tuple(Seen(looking(angle), seen) for angle, seen in zip(degrees, per_photo, strict=True)), lines
    )


def judge(seen: Sight | NoSight, count: int, kind: ModelKind = ModelKind.CHARACTER) -> tuple[Finding, ...]:
    return check([photo(seed) for seed in range(count)], kind=kind, class_noun="dog", sight=seen)


def faces_on(*faces: tuple[Face, ...]) -> tuple[Finding, ...]:
    return judge(sight(*(20.0 * at for at in range(len(faces))), faces=faces), len(faces))


def found(which: Check, findings: tuple[Finding, ...]) -> list[Finding]:
    return [it for it in findings if it.check is which and it.status is Status.FOUND]


def not_assessed(which: Check, findings: tuple[Finding, ...]) -> list[str]:
    return [it.why for it in findings if it.check is which and it.status is Status.NOT_ASSESSED]


# Looks


@pytest.mark.parametrize("at", range(4))
@pytest.mark.parametrize("kind", [ModelKind.PRODUCT, ModelKind.CHARACTER])
def test_the_photo_that_looks_unlike_the_others_is_flagged(at: int, kind: ModelKind) -> None:
    looks = [0.0, 10.0, 20.0]
    looks.insert(at, 80.0)
    (finding,) = found(Check.DIFFERENT_SUBJECT, judge(sight(*looks), 4, kind))
    assert flagged_photo(finding) == at
    assert finding.threshold == 0.3
    assert finding.score is not None and finding.score > 0.3
    assert "looks unlike the other photos" in finding.why
    assert "person" not in finding.why


def test_looks_take_the_place_of_colours() -> None:
    """Photos whose colours differ wildly are one thing to whoever sees that they are."""
    photos = [photo(0), photo(1), photo(2), photo(3, is_red=True)]

    def judged(seen: Sight | NoSight) -> tuple[Finding, ...]:
        return check(photos, kind=ModelKind.PRODUCT, class_noun="dog", sight=seen)

    assert found(Check.DIFFERENT_SUBJECT, judged(NoSight.NOT_SET_UP))
    assert not [it for it in judged(sight(0, 10, 20, 30)) if it.check is Check.DIFFERENT_SUBJECT]


def test_that_it_is_the_same_one_is_never_claimed() -> None:
    (why,) = not_assessed(Check.DIFFERENT_SUBJECT, judge(sight(0, 10, 20), 3))
    assert "whether the same dog is on every photo: I compare how photos look, and not who is on them" in why


def test_of_two_products_none_is_the_odd_one() -> None:
    findings = judge(sight(0, 90), 2, ModelKind.PRODUCT)
    assert not found(Check.DIFFERENT_SUBJECT, findings)
    (why,) = not_assessed(Check.DIFFERENT_SUBJECT, findings)
    assert "of two photos I cannot say which is the odd one" in why


def test_a_set_of_one_view_gets_advice_about_the_whole_of_it() -> None:
    findings = judge(sight(0, 5, 10, 15), 4)
    (finding,) = found(Check.REDUNDANT, findings)
    assert (finding.photos, finding.severity, flags(finding)) == ((), Severity.INFO, False)
    assert "vary angle" in finding.fix
    assert not found(Check.REDUNDANT, judge(sight(0, 40, 80, 120), 4))
    assert not found(Check.REDUNDANT, judge(sight(0, 5, 10, 15), 4, ModelKind.PRODUCT)), "it may be one view"


def test_advice_about_the_set_is_dismissed_for_these_photos() -> None:
    one, again, other = (
        found(Check.REDUNDANT, judge(sight(*range(count)), count))[0].dismiss_key for count in (4, 4, 5)
    )
    assert one == again != other


def test_without_lines_of_its_own_nothing_is_said_about_looks() -> None:
    findings = judge(sight(0, 0, 90, lines=None), 3)
    assert not found(Check.REDUNDANT, findings)
    assert all(not it.why.startswith("It looks unlike") for it in findings)
    for which in (Check.DIFFERENT_SUBJECT, Check.REDUNDANT):
        (why,) = not_assessed(which, findings)
        assert "the vision model here is not calibrated yet" in why
    assert all("likeness calibrate" in it.fix for it in findings if "calibrated" in it.why), (
        "the next step is named"
    )
    assert "likeness calibrate" in about_the_vision(it.why for it in findings)[0]


# Faces


def test_somebody_else_on_a_photo_is_flagged() -> None:
    findings = faces_on((PORTRAIT,), (PORTRAIT, MIDDLING), (FAR,))
    (finding,) = found(Check.PEOPLE, findings)
    assert (flagged_photo(finding), finding.score, finding.threshold) == (1, 2.0, 1.0)
    assert finding.why == "Somebody else may be on it: it shows two faces, which blend into one."
    assert not_assessed(Check.PEOPLE, findings) == []


def test_what_may_be_a_face_is_none() -> None:
    assert not found(Check.PEOPLE, faces_on((PORTRAIT, UNSURE), (FAR,)))


def test_a_photo_without_a_face_gets_advice() -> None:
    (finding,) = found(Check.PEOPLE, faces_on((PORTRAIT,), (), (FAR,)))
    assert (finding.photos, finding.severity) == ((1,), Severity.INFO)


def test_where_no_photo_shows_a_face_faces_say_nothing() -> None:
    """A dog or a mascot has none that a detector knows."""
    findings = faces_on((), (), (UNSURE,))
    assert not found(Check.PEOPLE, findings) and not found(Check.FRAMING, findings)
    assert "I found no face on any of them" in not_assessed(Check.PEOPLE, findings)[0]
    assert not_assessed(Check.FRAMING, findings)


@pytest.mark.parametrize(
    ("faces", "missing"),
    [
        (((PORTRAIT,), (FAR,)), []),
        (((PORTRAIT,), (MIDDLING,)), ["full-body"]),
        (((FAR,), (MIDDLING,)), ["close-up"]),
        (((MIDDLING,),), ["close-up", "full-body"]),
    ],
)
def test_a_close_up_and_a_full_body_are_seen_by_the_face(
    faces: tuple[tuple[Face, ...], ...], missing: list[str]
) -> None:
    findings = faces_on(*faces)
    said = found(Check.FRAMING, findings)
    assert sorted(name for name in ("close-up", "full-body") for it in said if name in it.why) == missing
    assert len(said) == len(missing)
    assert not any(flags(it) for it in said)
    assert not_assessed(Check.FRAMING, findings) == []


def test_a_photo_from_behind_may_show_the_whole_body() -> None:
    findings = faces_on((PORTRAIT,), ())
    assert not found(Check.FRAMING, findings)
    assert "not every photo shows a face" in not_assessed(Check.FRAMING, findings)[0]


def test_what_faces_tell_is_not_asked() -> None:
    def asked(findings: tuple[Finding, ...]) -> set[str]:
        unseen = [it.check for it in findings if it.status is Status.NOT_ASSESSED]
        return {question.name for question in questions_about(ModelKind.CHARACTER, "woman", 2, unseen)}

    assert asked(faces_on((PORTRAIT,), (FAR,))) == set()
    assert asked(faces_on((PORTRAIT,), ())) == {"views"}
    assert asked(faces_on((), ())) == {"company", "views"}
    assert asked(judge(sight(0, 90), 2)) == {"company", "views"}


# What could not be looked at


@pytest.mark.parametrize("kind", [ModelKind.PRODUCT, ModelKind.CHARACTER])
def test_a_worker_that_was_not_there_is_the_reason_that_is_given(kind: ModelKind) -> None:
    findings = judge(NoSight.NOT_IN_TIME, 3, kind)
    late = {it.check for it in findings if "the worker's vision was not there in time" in it.why}
    expected = {Check.DIFFERENT_SUBJECT}
    if kind is ModelKind.CHARACTER:
        expected |= {Check.PEOPLE, Check.FRAMING, Check.REDUNDANT}
    assert late == expected
    assert all(it.status is Status.NOT_ASSESSED and it.fix for it in findings if it.check in late)
    (line,) = about_the_vision(it.why for it in findings)
    assert line == "The worker's vision was not there in time, so I looked less closely than usual."


def test_nothing_is_said_about_a_vision_that_nobody_set_up() -> None:
    findings = judge(NoSight.NOT_SET_UP, 3)
    assert about_the_vision(it.why for it in findings) == ()
    assert "no face model is set up here" in not_assessed(Check.PEOPLE, findings)[0]


@pytest.mark.parametrize(
    "seen", [NoSight.NOT_SET_UP, NoSight.NOT_IN_TIME, sight(0, 5, 90), sight(0, 5, 90, lines=None)]
)
def test_a_style_is_left_alone(seen: Sight | NoSight) -> None:
    findings = judge(seen, 3, ModelKind.STYLE)
    assert {it.check for it in findings} <= {Check.LOW_RESOLUTION, Check.MIXED_QUALITY}
