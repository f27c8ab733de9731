"""A platform's own servers: files are read from them, and answers sent to them, and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from bot.frontend import FrontendUnavailable

READ_SECONDS = 60.0
"""How long reading a file may take."""
SILENCE_SECONDS = 10.0
"""How long a file server may say nothing meanwhile."""
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True)
class Fetched:
    """What a server answered; `content` is empty unless the status is 200."""

    status: int
    content: bytes = b""


class Servers:
    """The servers that are a platform's."""

    def __init__(self, hosts: Collection[str], test_base: str = "") -> None:
        """Name them.

        Args:
            hosts: Reached over TLS at its usual port.
            test_base: An address of a platform played by a test, whose origin counts as well; else empty.
        """
        self._hosts = hosts
        self._test_origin = URL(test_base).origin() if test_base else None

    def checked(self, address: str) -> URL | None:
        """Return an address there; None for one that leads anywhere else."""
        try:
            url = URL(address, encoded=True)
            is_theirs = url.scheme == "https" and url.host in self._hosts and url.explicit_port is None
            is_allowed = is_theirs or (url.absolute and url.origin() == self._test_origin)
        except ValueError:
            return None
        return url if is_allowed and url.user is None else None

    async def fetch(self, url: URL, max_bytes: int, headers: Mapping[str, str] | None = None) -> Fetched:
        """Return a file's first `max_bytes`. Redirects are not followed: where they lead is not checked.

        Args:
            url: As `checked` returned it.
            max_bytes: What comes after them is not read.
            headers: Such as a token; it goes nowhere else.

        Raises:
            FrontendUnavailable: The server cannot be reached, or is too slow.
        """
        timeout = aiohttp.ClientTimeout(READ_SECONDS, sock_connect=SILENCE_SECONDS, sock_read=SILENCE_SECONDS)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(url, headers=headers, allow_redirects=False) as response,
            ):
                if response.status != 200:
                    return Fetched(response.status)
                return Fetched(200, await _first_bytes(response, max_bytes))
        except (aiohttp.ClientError, TimeoutError) as fault:
            raise FrontendUnavailable("an attachment cannot be read") from fault


async def _first_bytes(response: aiohttp.ClientResponse, count: int) -> bytes:
    read = bytearray()
    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
        read += chunk
        if len(read) >= count:
            break
    return bytes(read[:count])
