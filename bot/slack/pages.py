"""The few pages that a browser shows while somebody installs the app."""

from __future__ import annotations

import html
from dataclasses import dataclass

from aiohttp import web

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>body{{font:18px/1.5 system-ui,sans-serif;max-width:34em;margin:4em auto;padding:0 1em}}</style></head>
<body><h1>{title}</h1>{paragraphs}{link}</body>
</html>
"""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    # The address of a page may hold a code: it is nobody else's business.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True)
class Link:
    """Where to go on."""

    label: str
    address: str


def page(title: str, *paragraphs: str, link: Link | None = None, status: int = 200) -> web.Response:
    """Return a page; everything in it is plain text."""
    text = _PAGE.format(
        title=html.escape(title),
        paragraphs="".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs),
        link=""
        if link is None
        else f'<p><a href="{html.escape(link.address)}">{html.escape(link.label)}</a></p>',
    )
    return web.Response(text=text, content_type="text/html", status=status, headers=HEADERS)
