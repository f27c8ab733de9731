"""Why an upload cannot be used, and the one or two sentences that say so."""

from __future__ import annotations

from enum import StrEnum

from core.feedback.sniff import Content


class Problem(StrEnum):
    """Why bytes that claim to be a picture gave none."""

    BYTES = "bytes"
    TRUNCATED = "truncated"
    DAMAGED = "damaged"
    PIXELS = "pixels"
    ANIMATED = "animated"
    PAGES = "pages"
    RAW = "raw"
    MEASUREMENTS = "measurements"
    MEMORY = "memory"
    TIME = "time"
    UNAVAILABLE = "unavailable"


_RAW = "{name} is a camera's raw file. Export it as a JPEG or PNG and attach that."
_CONTENT_SENTENCES = {
    Content.EMPTY: "{name} is empty. Attach the picture again.",
    Content.WEB_PAGE: (
        "{name} is not an image: it is a web page, probably a sign-in page. Attach the picture itself."
    ),
    Content.SVG: "{name} is an SVG drawing, which has no pixels to learn from. Attach it as a PNG or JPEG.",
    Content.POSTSCRIPT: (
        "{name} is an EPS or PostScript drawing, which has no pixels to learn from. "
        "Attach it as a PNG or JPEG."
    ),
    Content.ARCHIVE: "{name} is not an image: it is an archive. Unpack it and attach the pictures in it.",
    Content.DOCUMENT: (
        "{name} is not an image: it is an office document. Attach the pictures in it as PNG or JPEG."
    ),
    Content.PDF: "{name} is not an image: it is a PDF. Attach the pictures in it as PNG or JPEG.",
    Content.LAYERED: "{name} is a layered working file. Export it as a PNG or JPEG and attach that.",
    Content.RAW: _RAW,
    Content.VIDEO: "{name} is a video. Attach a still from it as a PNG or JPEG.",
    Content.ANIMATION: "{name} is animated, and I learn from still pictures. Attach one frame of it.",
    Content.TEXT: "{name} is not an image: it is plain text. Attach the picture itself.",
    Content.UNKNOWN: "{name} is not an image that I can read. Attach it as a JPEG, PNG, WebP, HEIC or AVIF.",
}
_PROBLEM_SENTENCES = {
    Problem.BYTES: "{name} is larger than {megabytes} MB. Attach a smaller copy.",
    Problem.TRUNCATED: "{name} is incomplete: the file ends in the middle of the picture. Upload it again.",
    Problem.DAMAGED: "{name} is damaged or incomplete, so I could not read all of it. Upload it again.",
    Problem.PIXELS: "{name} has more than {megapixels} million pixels. Attach a smaller copy.",
    Problem.ANIMATED: _CONTENT_SENTENCES[Content.ANIMATION],
    Problem.PAGES: "{name} holds several pictures in one file. Attach each one by itself.",
    Problem.RAW: _RAW,
    Problem.MEASUREMENTS: (
        "{name} holds measurements rather than colours, so I cannot tell its white from its black. "
        "Export it as a PNG or JPEG and attach that."
    ),
    Problem.MEMORY: (
        "{name} takes too much memory to open. Save it as a JPEG, or make it smaller, and attach that."
    ),
    Problem.TIME: "{name} takes too long to open. Save it as a JPEG, or make it smaller, and attach that.",
    Problem.UNAVAILABLE: (
        "I could not open {name} just now, which is not the file's fault. Attach it again in a minute."
    ),
}


def sentence(why: Content | Problem, name: str, *, megabytes: int, megapixels: int) -> str:
    """Say why a file is refused and what to do.

    Args:
        why: What the file is instead of an image, or what is wrong with the image.
        name: The file's name, already safe to repeat.
        megabytes: The limit on a file's size.
        megapixels: The limit on a picture's area.
    """
    template = _CONTENT_SENTENCES[why] if isinstance(why, Content) else _PROBLEM_SENTENCES[why]
    return template.format(name=name, megabytes=megabytes, megapixels=megapixels)
