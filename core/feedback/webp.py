"""A WebP still through libwebp's plain decoder. Imported in the decoding subprocess.

Pillow takes every WebP for an animation: its decoder paints the picture on a canvas, copies the canvas, and is
copied from again. libwebp, which Pillow brings along, decodes a still at once, in little more than half the time.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from contextlib import suppress

from PIL import Image, _webp

CHANNELS = 4
# WebPDecodeRGBAInto(data, data_size, output, output_size, output_stride) -> output, or NULL. WebP API, decode.h
_ARGUMENTS = (ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


def _find_decoder() -> Callable[..., int | None] | None:
    """The function in the library that Pillow's own module is linked with; None if it hides it."""
    try:
        decoder = ctypes.CDLL(_webp.__file__).WebPDecodeRGBAInto
    except (OSError, AttributeError):
        return None
    decoder.argtypes, decoder.restype = _ARGUMENTS, ctypes.c_void_p
    return decoder


_decode_into = _find_decoder()  # now, for once an upload is open no library can be


def _memory(size: int) -> mmap.mmap:
    """Empty memory; a bytearray would be filled with zeros first."""
    try:
        memory = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise MemoryError from error
    if hasattr(mmap, "MADV_HUGEPAGE"):  # Linux: in small pages it would cost a quarter of the decoder's time
        with suppress(OSError):  # a system without large pages
            memory.madvise(mmap.MADV_HUGEPAGE)
    return memory


def decode_still(upload: bytes, image: Image.Image) -> Image.Image:
    """Decode a WebP still that Pillow has opened and not decoded yet.

    Returns:
        The decoded picture; the one that came in where libwebp does not take it for a whole still: then it is
        Pillow's to decode, or to say what is wrong.

    Raises:
        MemoryError: There is not enough memory.
    """
    if _decode_into is None:
        return image
    stride = image.width * CHANNELS
    pixels = _memory(stride * image.height)
    # libwebp refuses a stream whose size is not that in the file's header, which is what Pillow read.
    output = (ctypes.c_char * len(pixels)).from_buffer(pixels)
    if not _decode_into(upload, len(upload), output, len(pixels), stride):
        return image
    mode = "RGBA" if image.mode == "RGBA" else "RGBX"
    # Any buffer will do, whatever the type hint says.
    still = Image.frombuffer(mode, image.size, pixels, "raw", mode, 0, 1)  # pyright: ignore[reportArgumentType]
    still.info, still.format = dict(image.info), image.format
    return still
