"""A PNG without its notes: what is no part of the picture is never unpacked.

A note of a few kilobytes may unpack to gigabytes, and Pillow refuses the whole picture for one that is too long.
Editors and picture generators do write long ones. Imported in the decoding subprocess.
"""

from __future__ import annotations

import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# The picture, its colours and its orientation, and what tells an animation (PNG 3rd edition, section 11).
KEPT_CHUNKS = frozenset(
    (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND", b"iCCP", b"eXIf", b"acTL", b"fcTL", b"fdAT")
)
MAX_PROFILE_BYTES = 1024 * 1024  # unpacked; Pillow's PngImagePlugin.MAX_TEXT_CHUNK
_LENGTH_BYTES, _NAME_BYTES, _CHECKSUM_BYTES = 4, 4, 4


def without_notes(upload: bytes) -> bytes:
    """Leave out of a PNG every chunk that its picture does not need; other files stay as they are."""
    if not upload.startswith(SIGNATURE):
        return upload
    view = memoryview(upload)
    kept: list[memoryview] = [view[: len(SIGNATURE)]]
    position = len(SIGNATURE)
    while position < len(view):
        length = int.from_bytes(view[position : position + _LENGTH_BYTES])
        body = position + _LENGTH_BYTES + _NAME_BYTES
        name = bytes(view[position + _LENGTH_BYTES : body])
        end = body + length + _CHECKSUM_BYTES
        if _is_kept(name, view[body : body + length], is_first=len(kept) == 1):
            kept.append(view[position:end])
        position = end
        if name == b"IEND":
            break
    is_whole = sum(map(len, kept)) == len(upload)  # a photo's tens of megabytes are not copied for nothing
    return upload if is_whole else b"".join(kept)


def _is_kept(name: bytes, body: memoryview, *, is_first: bool) -> bool:
    if name == b"IHDR":
        return is_first  # a second one would change the size behind the first one's back
    return name in KEPT_CHUNKS and (name != b"iCCP" or _is_bearable_profile(body))


def _is_bearable_profile(chunk: memoryview) -> bool:
    """Whether a colour profile unpacks to a size that colour profiles have."""
    packed = bytes(chunk).partition(b"\0")[2][1:]  # after its name and the method of compression
    unpacking = zlib.decompressobj()
    try:
        unpacking.decompress(packed, MAX_PROFILE_BYTES)
    except zlib.error:
        return False
    return unpacking.eof
