"""Requests on their way in: written down before they are acknowledged, answered once, also after a restart."""

from __future__ import annotations

import asyncio
import json
import logging
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from tortoise.exceptions import IntegrityError

from bot import requests
from bot.commands import answer
from bot.context import Context
from bot.frontend import FrontendUnavailable
from bot.replies import Refusal, Reply
from bot.requests import Request, ThreadAddress
from core.store.records import InboxRecord, new_id

log = logging.getLogger(__name__)

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


class Inbox:
    """One task a thread, so that a thread's requests are answered in order and threads do not wait for each other."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._queues: dict[ThreadAddress, asyncio.Queue[tuple[str, Request]]] = {}
        self._tasks: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Answer until cancelled, beginning with what an earlier process left unanswered."""
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            for row in await InboxRecord.filter(handled_at=None).order_by("created_at"):
                self._hand_on(row.id, from_payload(row.payload))
            await asyncio.Event().wait()

    async def accept(self, request: Request, dedupe_key: str) -> None:
        """Write a request down; a repeated key is the same request."""
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
        self._hand_on(row_id, request)

    def _hand_on(self, row_id: str, request: Request) -> None:
        if self._tasks is None:
            return  # not running yet: the row is found when it does
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
            except FrontendUnavailable:
                # What was done under this id is not done again, so asking once more only tells what is left.
                log.warning("action=answer_postponed request=%s", row_id)
                asyncio.get_running_loop().call_later(RETRY_SECONDS, queue.put_nowait, (row_id, request))

    async def _handle(self, row_id: str, request: Request) -> None:
        reply = await self._answer(row_id, request)
        if reply is not None:
            frontend = self._context.frontends[request.requester.platform]
            await frontend.post(request.requester.thread, reply, nonce=f"r{row_id[:24]}")
        # A request holds prompts and file names: once answered, only its key is kept.
        await InboxRecord.filter(id=row_id).update(handled_at=self._context.clock(), payload="")

    async def _answer(self, row_id: str, request: Request) -> Reply | None:
        """Answer one request. The bot's error boundary: a bug costs one answer, not the thread."""
        try:
            return await answer(self._context, request, row_id)
        except FrontendUnavailable:
            raise
        except Exception:
            log.exception("action=request_failed kind=%s request=%s", type(request).__name__, row_id)
            return Refusal((SOMETHING_BROKE.format(reference=row_id[:8]),))
