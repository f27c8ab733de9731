"""Discord's file server: links that are signed, and that end.

Source: discord-api-docs, Reference, Signed Attachment CDN URLs.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from urllib.parse import quote

from aiohttp import web

from tests.fakes.discord.messages import File, StoredFile
from tests.fakes.discord.state import Channel, Snowflakes
from tests.fakes.strict import Clock

LINK_LASTS = timedelta(hours=24)
"""Discord names no figure; a day is what its links have been seen to last."""
GONE_TEXT = "This content is no longer available."
_SECRET = b"a key that only the file server has"


class FileServer:
    """Keeps files, and hands them to whoever has a link that still holds."""

    def __init__(self, clock: Clock, ids: Snowflakes) -> None:
        self._clock = clock
        self._ids = ids
        self._files: dict[int, StoredFile] = {}
        self.address = ""
        """Where it can be reached, as in `http://127.0.0.1:4711`: known once it listens."""
        self.served: list[int] = []
        """The ids of the files that were fetched."""

    def store(
        self, channel: Channel, file: File, description: str | None, *, is_ephemeral: bool = False
    ) -> StoredFile:
        """Keep a file."""
        kept = StoredFile(
            self._ids.next(), channel.id, file.filename, file.content, description, is_ephemeral=is_ephemeral
        )
        self._files[kept.id] = kept
        return kept

    def content(self, file_id: int) -> bytes:
        """Return what is in a file."""
        return self._files[file_id].content

    def link(self, file: StoredFile) -> str:
        """Return a fresh link, which ends a day from now."""
        now = self._clock()
        issued, ends = (f"{int(each.timestamp()):x}" for each in (now, now + LINK_LASTS))
        folder = "ephemeral-attachments" if file.is_ephemeral else "attachments"
        path = f"/{folder}/{file.channel_id}/{file.id}/{quote(file.filename)}"
        return f"{self.address}{path}?ex={ends}&is={issued}&hm={_signature(file.id, issued, ends)}&"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a download."""
        file = self._files.get(int(request.match_info["file"]))
        ends, issued = request.query.get("ex", ""), request.query.get("is", "")
        if file is None or not self._holds(file, issued, ends, request.query.get("hm", "")):
            return web.Response(status=404, text=GONE_TEXT)
        self.served.append(file.id)
        kind = file.content_type or "application/octet-stream"
        return web.Response(body=file.content, headers={"Content-Type": kind})

    def _holds(self, file: StoredFile, issued: str, ends: str, signature: str) -> bool:
        is_genuine = hmac.compare_digest(signature, _signature(file.id, issued, ends))
        return is_genuine and self._clock().timestamp() < int(ends, 16)


def _signature(file_id: int, issued: str, ends: str) -> str:
    return hmac.new(_SECRET, f"{file_id}.{issued}.{ends}".encode(), hashlib.sha256).hexdigest()
