"""One upload to an upright sRGB picture without metadata. Runs in the decoding subprocess.

Imports no libraries but Pillow and pillow-heif, so that a decoder starts in about a tenth of a second, and nothing
later than at its head: by the time an upload is open, no further file can be.
"""

from __future__ import annotations

import io
import struct
from contextlib import suppress

import pillow_heif
from PIL import (
    AvifImagePlugin,
    BmpImagePlugin,
    GifImagePlugin,
    Image,
    ImageCms,
    JpegImagePlugin,
    JpegPresets,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from core.feedback.encoding import encode
from core.feedback.flatten import flatten
from core.feedback.png_chunks import without_notes
from core.feedback.refusals import Problem
from core.feedback.webp import decode_still

# EPS would start Ghostscript and others are rarely exercised parsers: only these are ever tried.
# JPEG covers MPO, which iPhones write.
FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "HEIF")
# Importing registers them without Pillow's thirty others.
PLUGINS = (
    *(JpegImagePlugin, JpegPresets, MpoImagePlugin, PngImagePlugin, GifImagePlugin, BmpImagePlugin),
    *(WebPImagePlugin, TiffImagePlugin, AvifImagePlugin),
)
LOSSY_FORMATS = frozenset(("JPEG", "MPO", "WEBP", "HEIF", "AVIF"))
# These hold several pictures without being animations: a phone's depth map or burst; the first is the photo.
STILL_FORMATS = frozenset(("MPO", "HEIF"))
NEW_SUBFILE_TYPE_TAG, DNG_VERSION_TAG = 254, 50706  # TIFF 6.0, section 8; DNG 1.7
REDUCED_RESOLUTION = 1  # a bit of NewSubfileType
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
    """The picture cannot be used.

    Attributes:
        problem: What is wrong with it.
    """

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem = problem


def prepare_libraries() -> None:
    """Have the libraries ready for one picture on one thread."""
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False, decode_threads=1)
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    Image.init()  # at the first unknown file Pillow would import what it has left


def convert(upload: bytes, *, max_pixels: int, max_long_side_px: int) -> tuple[dict[str, object], bytes]:
    """Decode an upload into an upright sRGB picture without metadata.

    Returns:
        The header (format, media type, width and height in px) and the re-encoded picture.

    Raises:
        Rejected: It cannot be used.
    """
    colour, source_format = decode(upload, max_pixels=max_pixels, max_long_side_px=max_long_side_px)
    picture, media_type = encode(colour, lossless=source_format not in LOSSY_FORMATS)
    width, height = colour.size
    header = {"format": source_format, "media_type": media_type, "width_px": width, "height_px": height}
    return header, picture


def decode(upload: bytes, *, max_pixels: int, max_long_side_px: int) -> tuple[Image.Image, str]:
    """Decode an upload into an upright sRGB picture of a bounded size.

    Returns:
        The picture, and the upload's format.

    Raises:
        Rejected: It cannot be used.
    """
    try:
        image = open_still(upload, max_pixels)
        source_format = str(image.format)
        if source_format == "WEBP":
            image = decode_still(upload, image)
        return upright(image, max_long_side_px), source_format
    except OSError as error:
        raise Rejected(Problem.TRUNCATED if "truncated" in str(error) else Problem.DAMAGED) from error
    except (ValueError, SyntaxError, EOFError, struct.error) as error:
        # ValueError: what a plugin did not expect; SyntaxError: broken PNG chunks.
        raise Rejected(Problem.DAMAGED) from error


def open_still(upload: bytes, max_pixels: int) -> Image.Image:
    """Open the picture without decoding it, once it is known to be one still of a bearable size."""
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        image = Image.open(io.BytesIO(without_notes(upload)), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise Rejected(Problem.PIXELS) from error
    except UnidentifiedImageError as error:
        raise Rejected(Problem.DAMAGED) from error
    if image.width * image.height > max_pixels:
        raise Rejected(Problem.PIXELS)
    if image.format == "TIFF" and is_raw(image):
        raise Rejected(Problem.RAW)
    if image.format not in STILL_FORMATS and getattr(image, "n_frames", 1) > 1:
        raise Rejected(Problem.PAGES if image.format == "TIFF" else Problem.ANIMATED)
    return image


def is_raw(image: Image.Image) -> bool:
    """Whether a TIFF is a camera's raw file, whose first picture is a preview the size of a stamp."""
    tags = image.getexif()
    return DNG_VERSION_TAG in tags or bool(int(tags.get(NEW_SUBFILE_TYPE_TAG, 0)) & REDUCED_RESOLUTION)


def upright(image: Image.Image, max_long_side_px: int) -> Image.Image:
    """Decode the picture as sRGB of a bounded size, turned as its metadata says."""
    if image.mode in ("I", "F") and image.format != "PNG":
        raise Rejected(Problem.MEASUREMENTS)  # without a defined white
    size = fitted(image.size, max_long_side_px)
    image.draft(None, size)  # a JPEG can be decoded at a half, quarter or eighth
    image.load()
    colour = flatten(image, size)
    profile = image.info.get("icc_profile")
    colour = to_srgb(colour, profile) if profile else colour.convert("RGB")
    turn = TRANSPOSITIONS.get(orientation(image))
    return colour if turn is None else colour.transpose(turn)


def fitted(size: tuple[int, int], max_long_side_px: int) -> tuple[int, int]:
    """The size in px of the same shape within a square, never larger than it was."""
    long_side = max(size)
    if long_side <= max_long_side_px:
        return size
    scale = max_long_side_px / long_side
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)


def orientation(image: Image.Image) -> int:
    """Read the EXIF orientation; an unreadable block counts as upright."""
    with suppress(OSError, ValueError, SyntaxError, TypeError, struct.error):
        return int(image.getexif().get(ORIENTATION_TAG, 1))
    return 1


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
