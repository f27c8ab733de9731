"""Reading what people attached, by links that Discord signs and that expire."""

from __future__ import annotations

from bot.chat.servers import Servers
from bot.frontend import AttachmentGone, FrontendUnavailable
from bot.requests import Attachment
from core.feedback.decode import shown_name

FILE_HOSTS = frozenset(("cdn.discordapp.com", "media.discordapp.net"))
"""discord-api-docs, Reference, Image Formatting and Signed Attachment CDN URLs."""
_GONE = frozenset((401, 403, 404, 410))


class Links:
    """Where attachments may be read from. `test_base` is the address of a Discord played by a test, or empty."""

    def __init__(self, test_base: str = "") -> None:
        self._servers = Servers(FILE_HOSTS, test_base)

    async def read(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Return a file's first `max_bytes`.

        Raises:
            AttachmentGone: Discord does not have it any more, or it never was Discord's.
            FrontendUnavailable: It cannot be read now.
        """
        url = self._servers.checked(attachment.address)
        if url is None:
            raise _gone(attachment)
        fetched = await self._servers.fetch(url, max_bytes)
        if fetched.status in _GONE:
            raise _gone(attachment)
        if fetched.status != 200:
            raise FrontendUnavailable(f"the file server answers {fetched.status}")
        return fetched.content


def _gone(attachment: Attachment) -> AttachmentGone:
    name = shown_name(attachment.filename)
    return AttachmentGone(f"{name} is no longer there on Discord. Attach it again.")
