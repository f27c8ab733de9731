"""Which libraries opened the pictures."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import pillow_heif
from PIL import features


def library_versions() -> dict[str, Any]:
    """Return the versions of Pillow, pillow-heif and what they bring."""
    return {
        "libraries": {
            "pillow": version("pillow"),
            "pillow-heif": version("pillow-heif"),
            "libheif": pillow_heif.libheif_version(),
            **{name: features.version(name) for name in ("jpg", "zlib", "webp", "avif", "libtiff")},
        }
    }
