"""One connection, held by one bot process at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from bot.connections import Connections
from core.store.records import ConnectionRecord
from tests.fakes.store import store_outage

BEAT_SECONDS = 5.0
LEASE_SECONDS = 30.0


class HandTime:
    """A process's time, moved by hand. One that stands still is a process that is frozen."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._asleep: list[tuple[float, asyncio.Event]] = []
        self._fell_asleep = asyncio.Event()

    def monotonic(self) -> float:
        return self.seconds

    async def wait(self, seconds: float) -> None:
        sleeper = (self.seconds + seconds, asyncio.Event())
        self._asleep.append(sleeper)
        self._fell_asleep.set()
        try:
            await sleeper[1].wait()
        finally:
            self._asleep.remove(sleeper)

    async def until_idle(self) -> None:
        """Return when the process has nothing to do but wait."""
        while not any(not event.is_set() for _, event in self._asleep):
            self._fell_asleep.clear()
            await self._fell_asleep.wait()

    def jump(self, seconds: float) -> None:
        self.seconds += seconds
        for wakes_at, event in self._asleep:
            if wakes_at <= self.seconds:
                event.set()

    async def advance(self, seconds: float) -> None:
        """Let time go by, a beat at a time."""
        for _ in range(round(seconds / BEAT_SECONDS)):
            self.jump(BEAT_SECONDS)
            await self.until_idle()


class Process:
    """A bot process that wants the connection."""

    def __init__(self, line: list[Process]) -> None:
        self.time = HandTime()
        self.connections = Connections(
            beat_seconds=BEAT_SECONDS,
            lease_seconds=LEASE_SECONDS,
            monotonic=self.time.monotonic,
            wait=self.time.wait,
        )
        self.is_connected = asyncio.Event()
        self.is_closed = asyncio.Event()
        self._line = line
        self._ends_by_itself = asyncio.Event()
        self.task = asyncio.create_task(self.connections.hold("console", self._serve))

    async def _serve(self) -> None:
        assert not self._line, "two processes have the connection"
        self._line.append(self)
        self.is_closed.clear()
        self.is_connected.set()
        try:
            await self._ends_by_itself.wait()
        finally:
            self._line.remove(self)
            self.is_connected.clear()
            self.is_closed.set()

    def holds(self) -> bool:
        return self.connections.held() == {"console"}

    def freeze(self) -> None:
        """Stop as under SIGSTOP: its time stands still, and its open connection answers nobody."""
        self._line.remove(self)
        self._line = [self]

    def end_by_itself(self) -> None:
        self._ends_by_itself.set()

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


Start = Callable[[], AbstractAsyncContextManager[Process]]


@pytest.fixture
def start(database: None) -> Start:
    """Starts a process, which holds the connection or waits for it when it is handed over."""
    line: list[Process] = []  # those that have it open

    @asynccontextmanager
    async def started() -> AsyncIterator[Process]:
        process = Process(line)
        try:
            async with asyncio.timeout(30):
                await process.time.until_idle()
                yield process
        finally:
            await process.stop()

    return started


async def test_of_two_one_holds_it_for_as_long_as_it_lives(start: Start) -> None:
    async with start() as first, start() as second:
        assert first.holds() and not second.holds()
        for _ in range(20):
            await first.time.advance(BEAT_SECONDS)
            await second.time.advance(BEAT_SECONDS)
        assert first.holds() and not second.holds()
        assert first.is_connected.is_set()


async def test_a_holder_that_died_is_followed_after_the_lease(start: Start) -> None:
    async with start() as dead, start() as second:
        with store_outage():  # nobody cleans up after a dead process
            await dead.stop()
        await second.time.advance(LEASE_SECONDS - BEAT_SECONDS)
        assert not second.holds()
        await second.time.advance(BEAT_SECONDS)
        assert second.holds()


async def test_a_frozen_holder_finds_its_connection_gone_when_it_wakes_up(start: Start) -> None:
    async with start() as frozen, start() as second:
        frozen.freeze()
        await second.time.advance(LEASE_SECONDS)
        assert second.holds()
        frozen.time.jump(LEASE_SECONDS + 1)
        await frozen.is_closed.wait()
        await frozen.time.until_idle()
        assert second.holds() and not frozen.holds()


async def test_a_connection_that_is_given_up_in_order_is_free_at_once(start: Start) -> None:
    async with start() as first, start() as second:
        await first.stop()
        await second.time.advance(BEAT_SECONDS)
        assert second.holds()


async def test_a_connection_that_ends_by_itself_is_free_and_not_opened_again(start: Start) -> None:
    async with start() as first, start() as second:
        first.end_by_itself()
        await first.task
        assert not first.holds()
        await second.time.advance(BEAT_SECONDS)
        assert second.holds()


async def test_a_fault_of_the_connection_is_heard(database: None) -> None:
    async def break_down() -> None:
        raise ConnectionResetError("the socket is gone")

    connections = Connections(beat_seconds=BEAT_SECONDS, lease_seconds=LEASE_SECONDS)
    with pytest.raises(ConnectionResetError):
        await connections.hold("slack", break_down)
    assert (await ConnectionRecord.get(name="slack")).holder == ""


async def test_a_short_outage_of_the_database_cuts_nothing(start: Start) -> None:
    async with start() as first:
        with store_outage():
            await first.time.advance(LEASE_SECONDS - 3 * BEAT_SECONDS)
        await first.time.advance(LEASE_SECONDS)
        assert first.holds() and first.is_connected.is_set()


async def test_an_outage_as_long_as_the_lease_closes_the_connection_before_anybody_may_take_it(
    start: Start,
) -> None:
    async with start() as first, start() as second:
        with store_outage():
            await first.time.advance(LEASE_SECONDS - BEAT_SECONDS)
            assert first.is_closed.is_set() and not first.holds()
            await second.time.advance(LEASE_SECONDS)
            assert not second.holds()
        await second.time.advance(BEAT_SECONDS)
        assert second.holds()


async def test_after_an_outage_the_connection_is_held_again(start: Start) -> None:
    async with start() as first:
        with store_outage():
            await first.time.advance(LEASE_SECONDS)
            assert not first.holds()
        await first.time.advance(LEASE_SECONDS + BEAT_SECONDS)
        assert first.holds()


async def test_connections_of_different_names_are_held_side_by_side(database: None) -> None:
    connections = Connections(beat_seconds=BEAT_SECONDS, lease_seconds=LEASE_SECONDS)
    both = asyncio.Barrier(3)
    names = ("discord/0", "discord/1")

    async def serve() -> None:
        await both.wait()
        await asyncio.Event().wait()

    tasks = [asyncio.create_task(connections.hold(name, serve)) for name in names]
    async with asyncio.timeout(30):
        await both.wait()
    assert connections.held() == set(names)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert connections.held() == set()
