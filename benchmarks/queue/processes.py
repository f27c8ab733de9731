"""Processes that do one turn at a time, so that two things that are compared can take turns.

On a machine whose speed drifts, a comparison holds only between neighbours in time.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from collections.abc import Awaitable, Callable, Generator, Mapping
from contextlib import AbstractAsyncContextManager, ExitStack, contextmanager, suppress
from multiprocessing.connection import Connection
from typing import Any

Turn = Callable[..., Awaitable[Any]]
Opening = Callable[..., AbstractAsyncContextManager[Turn]]
"""What a process does: open something, and answer each order with a turn."""

READY_SECONDS = 300.0
"""The longest opening fills a table with 100,000 jobs."""
END_SECONDS = 30.0

_spawning = multiprocessing.get_context("spawn")


class Part:
    """A process of ours. Orders and answers must be picklable."""

    def __init__(self, opening: Opening, *arguments: Any) -> None:
        self._orders, theirs = _spawning.Pipe()
        self._process = _spawning.Process(target=_live, args=(opening, arguments, theirs), daemon=True)
        self._process.start()
        theirs.close()

    def wait_until_ready(self) -> None:
        """Return when the opening is done."""
        if not self._orders.poll(READY_SECONDS):
            raise TimeoutError("a process of the benchmark does not get ready")
        self._hear()

    def turn(self, *order: Any) -> Any:
        """Have it do a turn, and return its answer."""
        self._orders.send(order)
        return self._hear()

    def _hear(self) -> Any:
        try:
            return self._orders.recv()
        except EOFError:
            raise RuntimeError("a process of the benchmark died: its fault stands above") from None

    def close(self) -> None:
        """End it, by force if it does not hear."""
        with suppress(BrokenPipeError):  # it is dead already
            self._orders.send(None)
        self._process.join(END_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


@contextmanager
def running(*parts: Part) -> Generator[None]:
    """Wait until these are ready; end them after the block."""
    with ExitStack() as ends:
        for part in parts:
            ends.callback(part.close)
        for part in parts:
            part.wait_until_ready()
        yield


def notes_pipe() -> tuple[Connection, Connection]:
    """Return where to read what a process says unasked, and what it says it with."""
    return _spawning.Pipe(duplex=False)


def in_turns(
    turns: Mapping[str, Callable[[], Any]], *, rounds: int, warm_up: int, seed: int
) -> dict[str, list[Any]]:
    """Do one turn of each in every round, in random order; return the answers after the warm-up."""
    order, chance = list(turns), random.Random(seed)
    answers: dict[str, list[Any]] = {name: [] for name in turns}
    for number in range(warm_up + rounds):
        chance.shuffle(order)
        for name in order:
            answer = turns[name]()
            if number >= warm_up:
                answers[name].append(answer)
    return answers


def _live(opening: Opening, arguments: tuple[Any, ...], orders: Connection) -> None:
    asyncio.run(_obey(opening, arguments, orders))


async def _obey(opening: Opening, arguments: tuple[Any, ...], orders: Connection) -> None:
    async with opening(*arguments) as turn:
        orders.send("ready")
        while (order := await asyncio.to_thread(orders.recv)) is not None:
            orders.send(await turn(*order))
