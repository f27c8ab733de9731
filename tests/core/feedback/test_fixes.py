"""What a photo looks like after a fix was applied."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from core.feedback.features import measure
from core.feedback.fixes import Fix, apply, crop_box, prepare_for_training, square, would_cut
from core.feedback.subject import Box

GROUND, SUBJECT = (90, 140, 90), (210, 40, 40)
OFF_CENTRE, WIDE = (60, 120, 260, 320), (60, 120, 740, 320)


def photo(subject: tuple[int, int, int, int], file_format: str = "PNG") -> bytes:
    """A red subject on green, 800 x 400 px."""
    picture = Image.new("RGB", (800, 400), GROUND)
    picture.paste(SUBJECT, subject)
    out = io.BytesIO()
    picture.save(out, file_format)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data))


def red_pixels(data: bytes) -> int:
    counted = opened(data).convert("RGB").getcolors(1 << 24)
    assert counted is not None
    return sum(count for count, colour in counted if colour == SUBJECT)


def test_the_crop_follows_the_subject() -> None:
    cropped = apply(Fix.CROP, photo(OFF_CENTRE))
    assert opened(cropped).size == (400, 400)
    assert red_pixels(cropped) == 200 * 200


def test_without_a_known_subject_the_centre_is_kept() -> None:
    assert crop_box(800, 400, None) == Box(200, 0, 600, 400)


def test_padding_keeps_everything_and_adds_white() -> None:
    padded = apply(Fix.PAD, photo(WIDE))
    assert opened(padded).size == (800, 800)
    assert red_pixels(padded) == 680 * 200
    assert opened(padded).getpixel((400, 10)) == (255, 255, 255)


def test_by_default_a_crop_that_would_cut_becomes_a_pad() -> None:
    wide, narrow = measure(photo(WIDE)), measure(photo(OFF_CENTRE))
    assert would_cut(wide) and not would_cut(narrow)
    assert opened(square(photo(WIDE), subject=wide.subject)).size == (800, 800)
    assert opened(square(photo(OFF_CENTRE), subject=narrow.subject)).size == (400, 400)


def test_a_small_photo_is_enlarged_and_a_large_one_left_alone() -> None:
    enlarged = apply(Fix.UPSCALE, photo(OFF_CENTRE))
    assert opened(enlarged).size == (2048, 1024)
    assert apply(Fix.UPSCALE, enlarged) == enlarged


def test_the_bars_are_cut_off_and_nothing_else() -> None:
    barred = Image.new("RGB", (800, 600), "black")
    barred.paste(opened(photo(OFF_CENTRE)), (0, 100))
    out = io.BytesIO()
    barred.save(out, "PNG")
    trimmed = opened(apply(Fix.TRIM, out.getvalue()))
    assert abs(trimmed.height - 400) <= 8 and trimmed.width == 800
    assert trimmed.getpixel((400, 4)) == GROUND
    assert apply(Fix.TRIM, photo(OFF_CENTRE)) == photo(OFF_CENTRE)


@pytest.mark.parametrize("fix", [Fix.CROP, Fix.PAD, Fix.UPSCALE])
@pytest.mark.parametrize("file_format", ["PNG", "JPEG"])
def test_a_fix_gives_the_same_bytes_each_time_in_the_same_format(fix: Fix, file_format: str) -> None:
    data = photo(OFF_CENTRE, file_format)
    fixed = apply(fix, data)
    assert fixed == apply(fix, data) != data
    assert opened(fixed).format == file_format


def test_a_square_photo_is_not_encoded_again() -> None:
    squared = apply(Fix.PAD, photo(OFF_CENTRE, "JPEG"))
    assert square(squared) == squared


@pytest.mark.parametrize(
    ("subject", "decided", "side_px", "is_whole"),
    [
        (OFF_CENTRE, None, 400, True),
        (WIDE, None, 800, True),  # by the rule: a crop would cut it
        (WIDE, Fix.CROP, 400, False),  # somebody wants the crop all the same
        (OFF_CENTRE, Fix.PAD, 800, True),
    ],
)
def test_what_is_trained_is_square_and_follows_the_decision(
    subject: tuple[int, int, int, int], decided: Fix | None, side_px: int, is_whole: bool
) -> None:
    made = prepare_for_training(photo(subject), decided)
    assert opened(made).size == (side_px, side_px)
    left, top, right, bottom = subject
    assert (red_pixels(made) == (right - left) * (bottom - top)) is is_whole


def test_a_small_photo_is_enlarged_before_it_is_made_square() -> None:
    assert opened(prepare_for_training(photo(OFF_CENTRE), Fix.UPSCALE)).size == (1024, 1024)
