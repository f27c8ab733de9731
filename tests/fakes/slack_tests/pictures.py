"""Small pictures."""

from __future__ import annotations

import io

from PIL import Image


def picture(kind: str = "png", size: tuple[int, int] = (8, 6)) -> bytes:
    """Return a grey picture."""
    out = io.BytesIO()
    Image.new("RGB", size, "grey").save(out, kind)
    return out.getvalue()
