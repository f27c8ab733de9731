"""What people see while they decide about a photo."""

from __future__ import annotations

import io

from PIL import Image

from core.feedback.fixes import Fix
from core.feedback.previews import PREVIEW_SIDE_PX, as_trained, with_crop

GROUND, SUBJECT = (90, 140, 90), (210, 40, 40)


def photo(width: int, height: int, subject: tuple[int, int, int, int]) -> bytes:
    picture = Image.new("RGB", (width, height), GROUND)
    picture.paste(SUBJECT, subject)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGB")


def is_near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """JPEG moves colours by a few levels."""
    return all(abs(a - b) <= 6 for a, b in zip(one, other, strict=True))


def brightness(image: Image.Image, x: int, y: int) -> int:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)
    return sum(pixel)


def test_what_the_crop_leaves_out_is_dark_and_the_rest_as_it_was() -> None:
    shown = opened(with_crop(photo(2000, 1000, (150, 300, 750, 800))))
    assert shown.size == (PREVIEW_SIDE_PX, PREVIEW_SIDE_PX // 2)
    kept, left_out = shown.getpixel((60, 60)), brightness(shown, 900, 60)
    assert isinstance(kept, tuple) and is_near(kept, GROUND)
    assert left_out < 0.5 * sum(GROUND)


def test_the_frame_is_where_the_crop_will_be() -> None:
    data = photo(2000, 1000, (150, 300, 750, 800))
    shown, trained = opened(with_crop(data)), opened(as_trained(data, Fix.CROP))
    edge = next(x for x in range(600, 400, -1) if brightness(shown, x, 256) > 700)
    # The crop is 1000 of 2000 px wide and starts at the left edge, where the subject is.
    assert abs(edge - 512) <= 8
    subject_left = next(x for x in range(trained.width) if trained.getpixel((x, 500))[0] > 180)  # type: ignore[index]
    assert abs(subject_left - 150) <= 8


def test_a_square_photo_has_no_frame() -> None:
    shown = opened(with_crop(photo(800, 800, (200, 200, 600, 600))))
    assert is_near(shown.getpixel((2, 2)), GROUND)  # type: ignore[arg-type]


def test_a_padded_photo_is_shown_whole_on_white() -> None:
    shown = opened(as_trained(photo(2000, 1000, (100, 300, 1900, 800)), Fix.PAD))
    assert shown.size == (PREVIEW_SIDE_PX, PREVIEW_SIDE_PX)
    assert shown.getpixel((512, 20)) == (255, 255, 255)
    assert is_near(shown.getpixel((900, 512)), SUBJECT)  # type: ignore[arg-type]
