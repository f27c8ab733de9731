"""Where an aiohttp application listens, so that every connection is closed when it stops."""

from __future__ import annotations

import asyncio

from aiohttp import web

TICKS_TO_BE_KNOWN = 2
"""Of the loop, after a connection was accepted: one until asyncio's server has it, one until aiohttp's has."""


class HttpSite(web.TCPSite):
    """A `web.TCPSite` that `AppRunner.cleanup` ends without leaving anybody hanging.

    asyncio closes no connection that it accepted in the tick before its server is closed: who asks in that moment
    waits for ever (github.com/python/cpython/issues/109564). So nothing new is accepted, and what was accepted gets
    known, before the server is closed.
    """

    async def stop(self) -> None:
        """Stop listening."""
        if isinstance(self._server, asyncio.Server):
            loop = asyncio.get_running_loop()
            for listening in self._server.sockets:
                loop.remove_reader(listening.fileno())
            for _ in range(TICKS_TO_BE_KNOWN):
                await asyncio.sleep(0)
        await super().stop()
