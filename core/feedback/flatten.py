"""Any mode of a decoded picture to opaque colours of a bounded size, without a second full-size copy of it.

Imported in the decoding subprocess, so it may import nothing but Pillow.
"""

from __future__ import annotations

from PIL import Image

STRIP_ROWS = 256


def flatten(image: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Bring a decoded picture to a mode that blends, scaled down, with transparency laid on white.

    Args:
        image: The picture, decoded.
        size: Width and height in px to scale to; no larger than the picture's.

    Returns:
        The picture, in mode L, RGB, CMYK or whatever else the file has that blends.
    """
    mode = _opaque_mode(image)
    factor = max(min(image.width // size[0], image.height // size[1]), 1)
    if factor > 1 and image.mode in (mode, "RGBX") and not image.has_transparency_data:
        image = image.reduce(factor).convert(mode)
    elif mode != image.mode or image.has_transparency_data:
        image = _in_strips(image, mode, factor)
    # Pillow's documentation: downscaled by Hamming's window a picture is nearly as good as by bicubic, in the
    # time of bilinear.
    return image if image.size == size else image.resize(size, Image.Resampling.HAMMING)


def _in_strips(image: Image.Image, mode: str, factor: int) -> Image.Image:
    """Convert and average `factor` x `factor` pixels into one, some rows at a time."""
    target = Image.new(mode, (-(-image.width // factor), -(-image.height // factor)))
    rows = STRIP_ROWS * factor
    for top in range(0, image.height, rows):
        strip = image.crop((0, top, image.width, min(top + rows, image.height)))
        strip = _opaque(strip, mode)
        target.paste(strip.reduce(factor) if factor > 1 else strip, (0, top // factor))
    return target


def _opaque_mode(image: Image.Image) -> str:
    if image.mode.startswith("I"):  # 16-bit grey
        return "L"
    if image.mode in ("P", "PA", "1", "LA", "La", "RGBA", "RGBa", "RGBX") or image.has_transparency_data:
        return "RGB"
    return image.mode


def _opaque(strip: Image.Image, mode: str) -> Image.Image:
    if strip.mode.startswith("I"):
        # Pillow's own conversion clips: everything brighter than 255 of 65535 would turn white.
        return strip.convert("I").point(lambda level: level * (1 / 257) + 0.5).convert("L")
    if strip.has_transparency_data:
        # A plain convert("RGB") would show the colours that a designer hid under full transparency.
        strip = strip.convert("RGBA")
        white = Image.new("RGB", strip.size, "white")
        white.paste(strip, mask=strip.getchannel("A"))
        return white
    return strip if strip.mode == mode else strip.convert(mode)
