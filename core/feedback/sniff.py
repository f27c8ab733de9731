"""What a file is, told from its first bytes and never from its name."""

from __future__ import annotations

from enum import StrEnum


class Content(StrEnum):
    """What uploaded bytes turn out to be."""

    IMAGE = "image"
    EMPTY = "empty"
    WEB_PAGE = "web page"
    SVG = "svg"
    ARCHIVE = "archive"
    PDF = "pdf"
    VIDEO = "video"
    TEXT = "text"
    UNKNOWN = "unknown"


_IMAGE_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a", b"BM", b"II*\x00", b"MM\x00*")
_ARCHIVE_MAGIC = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"\x1f\x8b")
# ISO/IEC 14496-12 "ftyp" brands: these hold still pictures (23008-12; AV1 image format), others video.
_STILL_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"mif2", b"msf1", b"avif", b"avis")
)
_WEB_PAGE_MARKS = (b"<!doctype html", b"<html", b"<head", b"<body", b"<script")
_HEAD_BYTES = 1024


def sniff(content: bytes) -> Content:
    """Tell what a file is from its bytes.

    `Content.IMAGE` is a claim that the decoder still has to confirm.
    """
    if not content:
        return Content.EMPTY
    if content.startswith(_IMAGE_MAGIC) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        return Content.IMAGE
    if content[4:8] == b"ftyp":
        return Content.IMAGE if content[8:12] in _STILL_BRANDS else Content.VIDEO
    if content.startswith(b"\x1aE\xdf\xa3"):  # Matroska and WebM
        return Content.VIDEO
    if content.startswith(_ARCHIVE_MAGIC):
        return Content.ARCHIVE
    if content.startswith(b"%PDF"):
        return Content.PDF
    return _sniff_text(content)


def _sniff_text(content: bytes) -> Content:
    text = _as_text(content[:_HEAD_BYTES])
    if text is None:
        return Content.UNKNOWN
    head = text.lstrip("\ufeff \t\r\n\f").lower().encode()
    if not head:
        return Content.EMPTY
    # An HTML page may carry inline SVG, so the page is looked for first.
    if any(mark in head for mark in _WEB_PAGE_MARKS):
        return Content.WEB_PAGE
    return Content.SVG if b"<svg" in head else Content.TEXT


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
