"""Requests on their way in: written down before they are acknowledged, answered once, also after a restart."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Collection
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter
from tortoise.exceptions import IntegrityError

from bot import requests
from bot.commands import answer
from bot.context import Context
from bot.frontend import FrontendUnavailable, NotInstalled
from bot.replies import Refusal, Reply
from bot.requests import Request, ThreadAddress
from core.errors import StoreUnavailable
from core.patience import FIRST_WAIT_SECONDS, patiently
from core.store.records import InboxRecord, new_id

log = logging.getLogger(__name__)

T = TypeVar("T")
Platforms = Callable[[], Collection[str]]
"""The platforms that this process may speak on now."""

RETRY_SECONDS = 5.0
"""How long a request waits whose answer could not be posted."""
SOMETHING_BROKE = (
    "Something went wrong on my side, and nothing was charged. "
    "Try once more; the operator finds the reason in the bot's log under {reference}."
)


@cache
def _adapter(kind: str) -> TypeAdapter[Any]:
    return TypeAdapter(getattr(requests, kind))


def to_payload(request: Request) -> str:
    """Write a request as JSON with the name of its kind."""
    kind = type(request).__name__
    return json.dumps({"kind": kind, "request": _adapter(kind).dump_python(request, mode="json")})


def from_payload(payload: str) -> Request:
    """Read a request back."""
    envelope = json.loads(payload)
    return _adapter(envelope["kind"]).validate_python(envelope["request"])


async def unanswered(platform: str) -> list[Request]:
    """Return what was asked on a platform and is not answered yet, the oldest first."""
    rows = await InboxRecord.filter(handled_at=None, platform=platform).order_by("created_at")
    return [from_payload(row.payload) for row in rows]


class Inbox:
    """One task a thread, so that a thread's requests are answered in order and threads do not wait for each other."""

    def __init__(
        self, context: Context, *, platforms: Platforms | None = None, retry_seconds: float = RETRY_SECONDS
    ) -> None:
        """Answer on all front-ends of the process unless `platforms` says which it holds from the start."""
        self._context = context
        self._platforms = platforms or (lambda: context.frontends)
        self._retry_seconds = retry_seconds
        self._queues: dict[ThreadAddress, asyncio.Queue[tuple[str, Request]]] = {}
        self._in_hand: set[str] = set()
        self._adopted: set[str] = set()
        """Platforms whose requests are answered; those of others are only written down."""
        self._tasks: asyncio.TaskGroup | None = None
        self._is_running = asyncio.Event()

    async def run(self) -> None:
        """Answer until cancelled, beginning with what an earlier process left unanswered."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            self._is_running.set()
            for platform in self._platforms():
                await self.adopt(platform)
            await asyncio.Event().wait()

    async def adopt(self, platform: str) -> None:
        """Answer the platform from now on, beginning with what nobody answered, once the inbox runs."""
        await self._is_running.wait()
        self._adopted.add(platform)
        unanswered = InboxRecord.filter(handled_at=None, platform=platform).order_by("created_at")
        for row in await self._patiently(unanswered.all):
            self._hand_on(row.id, from_payload(row.payload))

    def hold_back(self, platform: str) -> None:
        """Only write the platform's requests down, until it is adopted (anew)."""
        self._adopted.discard(platform)

    async def accept(self, request: Request, dedupe_key: str) -> None:
        """Write a request down; a repeated key is the same request.

        Raises:
            StoreUnavailable: It is not written down. The front-end tells its person so.
        """
        platform = request.requester.platform
        row_id = new_id()
        try:
            await InboxRecord.create(
                id=row_id,
                platform=platform,
                dedupe_key=f"{platform}:{dedupe_key}",
                payload=to_payload(request),
            )
        except IntegrityError:
            return
        if platform in self._adopted:  # else the row is found when it is
            self._hand_on(row_id, request)

    def _hand_on(self, row_id: str, request: Request) -> None:
        if self._tasks is None or row_id in self._in_hand:
            return
        self._in_hand.add(row_id)
        thread = request.requester.thread
        if thread not in self._queues:
            self._queues[thread] = asyncio.Queue()
            self._tasks.create_task(self._serve(self._queues[thread]))
        self._queues[thread].put_nowait((row_id, request))

    async def _serve(self, queue: asyncio.Queue[tuple[str, Request]]) -> None:
        while True:
            row_id, request = await queue.get()
            try:
                await self._handle(row_id, request)
            except NotInstalled:
                log.info("action=request_dropped request=%s", row_id)  # there is nobody left to answer
                await self._close(row_id)
                self._in_hand.discard(row_id)
            except (FrontendUnavailable, StoreUnavailable) as fault:
                # What was done under this id is not done again, so asking once more only tells what is left.
                log.warning("action=answer_postponed request=%s fault=%s", row_id, type(fault).__name__)
                loop = asyncio.get_running_loop()
                loop.call_later(self._retry_seconds, queue.put_nowait, (row_id, request))
            else:
                self._in_hand.discard(row_id)

    async def _handle(self, row_id: str, request: Request) -> None:
        reply = await self._answer(row_id, request)
        frontend = self._context.frontends[request.requester.platform]
        await frontend.answer(request.requester, reply, nonce=f"r{row_id[:24]}")
        await self._close(row_id)

    async def _close(self, row_id: str) -> None:
        # A request holds prompts and file names: once answered, only its key is kept.
        row = InboxRecord.filter(id=row_id)
        await self._patiently(lambda: row.update(handled_at=self._context.clock(), payload=""))

    async def _answer(self, row_id: str, request: Request) -> Reply | None:
        """Answer one request. The bot's error boundary: a bug costs one answer, not the thread."""
        try:
            return await answer(self._context, request, row_id)
        except (FrontendUnavailable, StoreUnavailable):
            raise
        except Exception:
            log.exception("action=request_failed kind=%s request=%s", type(request).__name__, row_id)
            return Refusal((SOMETHING_BROKE.format(reference=row_id[:8]),))

    async def _patiently(self, query: Callable[[], Awaitable[T]]) -> T:
        """Do something with rows, however long the store cannot be reached."""
        return await patiently(
            query, "inbox", first_wait_seconds=min(self._retry_seconds, FIRST_WAIT_SECONDS)
        )
