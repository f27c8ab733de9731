"""What a file is, told from its first bytes and never from its name."""

from __future__ import annotations

import struct
from enum import StrEnum


class Content(StrEnum):
    """What uploaded bytes turn out to be."""

    IMAGE = "image"
    EMPTY = "empty"
    WEB_PAGE = "web page"
    SVG = "svg"
    POSTSCRIPT = "postscript"
    ARCHIVE = "archive"
    DOCUMENT = "document"
    PDF = "pdf"
    LAYERED = "layered"
    RAW = "raw"
    VIDEO = "video"
    ANIMATION = "animation"
    TEXT = "text"
    UNKNOWN = "unknown"


_IMAGE_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"II*\x00", b"MM\x00*")
_ARCHIVE_MAGIC = (
    *(b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf\x27\x1c"),
    *(b"\x1f\x8b", b"BZh", b"\xfd7zXZ\x00", b"\x28\xb5\x2f\xfd"),  # gzip, bzip2, xz, Zstandard
)
# What begins with these bytes is no picture.
_OTHER_MAGIC = (
    (Content.VIDEO, (b"\x1aE\xdf\xa3", b"FLV\x01", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3")),
    (Content.RAW, (b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\x00")),
    (Content.LAYERED, (b"8BPS", b"gimp xcf ")),
    (Content.POSTSCRIPT, (b"%!PS", b"\xc5\xd0\xd3\xc6")),
    (Content.PDF, (b"%PDF",)),
    (Content.DOCUMENT, (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"{\\rtf")),
    (Content.ARCHIVE, _ARCHIVE_MAGIC),
)
_DOCUMENT_ENTRIES = (b"[Content_Types].xml", b"mimetype", b"_rels/")  # first in OOXML, ODF and EPUB files
# ISO/IEC 14496-12 "ftyp" brands: these hold still pictures (23008-12; AV1 image format), others video.
_STILL_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"miaf", b"avif", b"avis", b"avio")
)
# Sequences of HEVC pictures. An AV1 sequence ("avis") may be a still, so the decoder counts its frames.
_SEQUENCE_BRANDS = frozenset((b"msf1", b"hevc", b"hevx", b"hevm", b"hevs"))
_BITMAP_HEADER_SIZES = frozenset((12, 16, 40, 52, 56, 64, 108, 124))  # BITMAPCOREHEADER to BITMAPV5HEADER
_TAR_MAGIC_OFFSET = 257
_MARKS = {
    Content.WEB_PAGE: (b"<!doctype html", b"<html", b"<head", b"<body", b"<script"),
    Content.SVG: (b"<!doctype svg", b"<svg"),
}
_SPACE = b"\xef\xbb\xbf \t\r\n\f"
_HEAD_BYTES = 1024


def sniff(content: bytes) -> Content:
    """Tell what a file is from its bytes.

    `Content.IMAGE` is a claim that the decoder still has to confirm.
    """
    if not content:
        return Content.EMPTY
    if content.startswith(_IMAGE_MAGIC):
        is_canon_raw = content[8:10] == b"CR" and content[:2] == b"II"
        return Content.RAW if is_canon_raw else Content.IMAGE
    if content[4:8] == b"ftyp":
        return _sniff_brand(content[8:12])
    if content[:4] == b"RIFF":
        return {b"WEBP": Content.IMAGE, b"AVI ": Content.VIDEO}.get(content[8:12], Content.UNKNOWN)
    if _is_bitmap(content):
        return Content.IMAGE
    for kind, magics in _OTHER_MAGIC:
        if content.startswith(magics):
            is_document = kind is Content.ARCHIVE and content[30:].startswith(_DOCUMENT_ENTRIES)
            return Content.DOCUMENT if is_document else kind
    if content[_TAR_MAGIC_OFFSET:].startswith(b"ustar"):
        return Content.ARCHIVE
    return _sniff_text(content)


def _sniff_brand(brand: bytes) -> Content:
    if brand in _STILL_BRANDS:
        return Content.IMAGE
    if brand in _SEQUENCE_BRANDS:
        return Content.ANIMATION
    return Content.RAW if brand == b"crx " else Content.VIDEO


def _is_bitmap(content: bytes) -> bool:
    """Whether it is a BMP: two letters alone would also claim a text on BMX bicycles."""
    if not content.startswith(b"BM") or len(content) < 18:
        return False
    (header_size,) = struct.unpack_from("<I", content, 14)
    return header_size in _BITMAP_HEADER_SIZES


def _sniff_text(content: bytes) -> Content:
    start = content[:_HEAD_BYTES]
    text = _as_text(start)
    if text is None:
        # A page in an old alphabet is no UTF-8, but its tags are the same.
        is_marked_up = start.lstrip(_SPACE).startswith(b"<")
        return (_sniff_markup(start.lower()) if is_marked_up else None) or Content.UNKNOWN
    head = text.lstrip("\ufeff \t\r\n\f").lower().encode()
    if not head:
        return Content.EMPTY
    return _sniff_markup(head) or Content.TEXT


def _sniff_markup(head: bytes) -> Content | None:
    """What the first known tag says: a page may carry a drawing, and a drawing a script."""
    first = {kind: _first(head, marks) for kind, marks in _MARKS.items()}
    kind = min(first, key=lambda kind: first[kind])
    return kind if first[kind] < len(head) else None


def _first(head: bytes, marks: tuple[bytes, ...]) -> int:
    return min(head.index(mark) if mark in head else len(head) for mark in marks)


def _as_text(head: bytes) -> str | None:
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8"
    # The cut may split a character, so a few undecodable bytes at the very end are forgiven.
    for end in range(len(head), max(len(head) - 4, 0), -1):
        try:
            text = head[:end].decode(encoding)
        except UnicodeDecodeError:
            continue
        has_control = any(ord(character) < 32 and character not in "\t\r\n\f\x1b" for character in text)
        return None if has_control else text
    return None
