"""Files that are two things at once, and pictures that go by another's name."""

from __future__ import annotations

from collections.abc import Iterator

from core.feedback.refusals import Problem
from core.feedback.sniff import Content
from tests.core.feedback.hostile.case import Accepted, Case, Refused, holding
from tests.core.feedback.hostile.drawing import as_heic, as_zip, box, jpeg_with, saved, segment, two_tone

PAYLOAD = b"<script>alert(1)</script><?php system($_GET[0]); ?>"
MISNAMED = {
    "PNG": "photo.jpg",
    "JPEG": "photo.png",
    "WEBP": "photo.jpeg",
    "HEIF": "IMG_0001.JPG",
    "AVIF": "photo.gif",
    "GIF": "photo",
    "BMP": "photo.html",
    "TIFF": "../../photo.svg",
}


def _encoded(file_format: str) -> bytes:
    return as_heic(two_tone()) if file_format == "HEIF" else saved(two_tone(), file_format)


def _followed() -> Iterator[Case]:
    """What stands behind a picture is left out."""
    tails = {"a zip": as_zip(), "a page": b"<html>" + PAYLOAD, "a video": box(b"ftyp", b"isom") + bytes(999)}
    for file_format in ("JPEG", "PNG", "GIF", "WEBP", "BMP"):
        for name, tail in tails.items():
            yield Case(
                f"{file_format} with {name} behind it",
                lambda f=file_format, t=tail: _encoded(f) + t,
                Accepted(file_format),
            )


CASES = (
    *_followed(),
    *(
        Case(f"{file_format} called {name}", lambda f=file_format: _encoded(f), Accepted(file_format), name)
        for file_format, name in MISNAMED.items()
    ),
    Case("two JPEGs in a row", lambda: saved(two_tone(), "JPEG") * 2, Accepted("JPEG")),
    Case("JPEG with a page in its comment", lambda: jpeg_with(segment(0xFE, PAYLOAD)), Accepted("JPEG")),
    Case("JPEG with a zip in its metadata", lambda: jpeg_with(segment(0xE1, as_zip())), Accepted("JPEG")),
    Case("GIF that is a script", holding(b"GIF89a/*\x08\0\x08\0\0\0*/=1;alert(1)"), Refused(Problem.DAMAGED)),
    Case(
        "BMP that is a script",
        holding(b"BM/*\0\0\0\0\0\0\0\0\0\0\x28\0\0\0*/=1;alert(1)"),
        Refused(Problem.DAMAGED),
    ),
    Case("page with a JPEG in it", lambda: b"<html>" + saved(two_tone(), "JPEG"), Refused(Content.WEB_PAGE)),
    Case("PDF with a JPEG in it", lambda: b"%PDF-1.4\n" + saved(two_tone(), "JPEG"), Refused(Content.PDF)),
    Case("zip with a PNG behind it", lambda: as_zip() + saved(two_tone(), "PNG"), Refused(Content.ARCHIVE)),
    Case(
        "video with a HEIC behind it",
        lambda: box(b"ftyp", b"isom") + as_heic(two_tone()),
        Refused(Content.VIDEO),
    ),
    Case("JPEG behind a line break", lambda: b"\n" + saved(two_tone(), "JPEG"), Refused(Content.UNKNOWN)),
)
