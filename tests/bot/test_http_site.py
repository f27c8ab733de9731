"""A server that is closed while somebody connects leaves nobody hanging."""

from __future__ import annotations

import asyncio

import pytest
from aiohttp import web

from bot.http_site import HttpSite

PATIENCE_SECONDS = 10


async def answers(request: web.Request) -> web.Response:
    """Say that somebody is there."""
    return web.Response(text="here")


@pytest.mark.parametrize("ticks", range(8))
async def test_whoever_connects_as_it_closes_is_hung_up_on(ticks: int) -> None:
    application = web.Application()
    application.router.add_get("/", answers)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = HttpSite(runner, "127.0.0.1", 0)
    await site.start()
    connecting = asyncio.create_task(asyncio.open_connection("127.0.0.1", site.port))
    for _ in range(ticks):
        await asyncio.sleep(0)
    await runner.cleanup()

    async with asyncio.timeout(PATIENCE_SECONDS):
        try:
            reader, writer = await connecting
            assert await reader.read() == b""
            writer.close()
            await writer.wait_closed()
        except ConnectionError:
            pass  # it came too late, and was turned away
