"""The subprocess that opens strangers' pictures: `python -m core.feedback.decode_process LIMITS`.

It reads the upload from stdin and answers on stdout with one line of JSON, followed by the re-encoded picture
when there is one. It limits itself before it looks at a byte, and is killed from outside when it is slow.
It imports nothing but Pillow and pillow-heif, so that it starts in about a tenth of a second.
Any fault that is not foreseen here ends the process, which the caller reads as "damaged".
"""

from __future__ import annotations

import io
import json
import struct
import sys
import warnings
from contextlib import suppress

import pillow_heif
from PIL import AvifImagePlugin, Image, ImageCms, TiffImagePlugin, UnidentifiedImageError, WebPImagePlugin

from core.feedback.encoding import encode

# EPS would start Ghostscript and others are rarely exercised parsers: only these are ever tried.
# JPEG covers MPO, which iPhones write.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "HEIF")
# Pillow knows the first four by itself; importing these registers the next three without its thirty others.
PLUGINS = (WebPImagePlugin, TiffImagePlugin, AvifImagePlugin)
LOSSY_FORMATS = frozenset(("JPEG", "MPO", "WEBP", "HEIF", "AVIF"))
# These hold several pictures without being animations: a phone's depth map or burst; the first is the photo.
STILL_FORMATS = frozenset(("MPO", "HEIF"))
ORIENTATION_TAG = 0x0112  # EXIF 2.32, table 4
# EXIF orientation to the transposition that undoes it. The rotation is done by hand because
# ImageOps.exif_transpose also rewrites the EXIF block, and a broken block must not cost somebody their photo.
TRANSPOSITIONS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class Rejected(Exception):
    """The picture cannot be used; the argument is a `Problem` value of `core.feedback.decode`."""


def main() -> None:
    """Read one upload, answer, end."""
    limits = json.loads(sys.argv[1])
    limit_resources(memory_bytes=limits["max_memory_bytes"], cpu_seconds=limits["cpu_seconds"])
    warnings.simplefilter("ignore")  # Pillow only warns of large pictures; open_still refuses them
    Image.MAX_IMAGE_PIXELS = limits["max_pixels"]
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    try:
        header, payload = convert(sys.stdin.buffer.read(), limits["max_pixels"], limits["max_long_side_px"])
    except Rejected as rejected:
        header, payload = {"problem": str(rejected)}, b""
    except MemoryError:
        header, payload = {"problem": "memory"}, b""
    sys.stdout.buffer.write(json.dumps(header).encode() + b"\n" + payload)


def limit_resources(*, memory_bytes: int, cpu_seconds: int) -> None:
    """Give up memory, processor time and writing to disk beyond what one photo needs."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(ValueError, OSError):  # macOS does not let a process limit its address space
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def convert(upload: bytes, max_pixels: int, max_long_side_px: int) -> tuple[dict[str, object], bytes]:
    """Decode an upload into an upright sRGB picture without metadata.

    Returns:
        The header (format, media type, width and height in px) and the re-encoded picture.

    Raises:
        Rejected: with the problem's name.
    """
    try:
        image = open_still(upload, max_pixels)
        source_format = str(image.format)
        colour = to_rgb(shrink(image, max_long_side_px))
    except OSError as error:
        raise Rejected("truncated" if "truncated" in str(error) else "damaged") from error
    except (ValueError, SyntaxError, EOFError, struct.error) as error:
        # ValueError: zTXt bombs and oversized colour profiles; SyntaxError: broken PNG chunks.
        raise Rejected("damaged") from error
    picture, media_type = encode(colour, lossless=source_format not in LOSSY_FORMATS)
    width, height = colour.size
    header = {"format": source_format, "media_type": media_type, "width_px": width, "height_px": height}
    return header, picture


def open_still(upload: bytes, max_pixels: int) -> Image.Image:
    """Open the picture without decoding it, once it is known to be one still of a bearable size."""
    try:
        image = Image.open(io.BytesIO(upload), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise Rejected("pixels") from error
    except UnidentifiedImageError as error:
        raise Rejected("damaged") from error
    if image.width * image.height > max_pixels:
        raise Rejected("pixels")
    if image.format not in STILL_FORMATS and getattr(image, "n_frames", 1) > 1:
        raise Rejected("pages" if image.format == "TIFF" else "animated")
    return image


def shrink(image: Image.Image, max_long_side_px: int) -> Image.Image:
    """Decode the picture, turned upright and bounded in size, with 16-bit grey scaled to 8 bits."""
    if image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        # Pillow's own conversion clips: everything brighter than 255 of 65535 would turn white.
        image = with_info(image.convert("I").point(lambda level: level * (1 / 257) + 0.5).convert("L"), image)
    elif image.mode in ("I", "F"):
        raise Rejected("damaged")  # scientific data without a defined white
    elif image.mode in ("P", "PA", "1") or "transparency" in image.info:
        # Before any resize: palettes do not blend, and a single transparent colour would smear.
        image.load()
        image = with_info(image.convert("RGBA" if image.has_transparency_data else "RGB"), image)
    image.thumbnail((max_long_side_px, max_long_side_px), Image.Resampling.LANCZOS, reducing_gap=3.0)
    image.load()
    turn = TRANSPOSITIONS.get(orientation(image))
    return image if turn is None else with_info(image.transpose(turn), image)


def with_info(image: Image.Image, source: Image.Image) -> Image.Image:
    """Keep the colour profile and EXIF of a picture that was converted."""
    image.info = {key: source.info[key] for key in ("icc_profile", "exif") if key in source.info}
    return image


def orientation(image: Image.Image) -> int:
    """Read the EXIF orientation; an unreadable block counts as upright."""
    with suppress(OSError, ValueError, SyntaxError, TypeError, struct.error):
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    return 1


def to_rgb(image: Image.Image) -> Image.Image:
    """Bring any mode to sRGB, with transparency laid on white.

    A plain `convert("RGB")` would show the colours that a designer hid under full transparency.
    """
    profile = image.info.get("icc_profile")
    if image.has_transparency_data:
        image = image.convert("RGBA")
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    return to_srgb(image, profile) if profile else image.convert("RGB")


def to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Apply an embedded colour profile (phones use Display P3); an unusable one is ignored."""
    with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
        source = ImageCms.getOpenProfile(io.BytesIO(profile))
        colour_space = source.profile.xcolor_space.strip()  # pyright: ignore[reportAttributeAccessIssue]
        if colour_space == image.mode:
            target = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
            if converted is not None:
                return converted
    return image.convert("RGB")


if __name__ == "__main__":
    main()
