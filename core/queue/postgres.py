"""Dispatch across machines: procrastinate on PostgreSQL.

A procrastinate job is a *ticket* here: it says that a lane has one more job, and whoever draws it claims the
best row of that lane. It does not say which job. A ticket's priority is a 32-bit integer, which cannot hold a
virtual time, and between the deferring and the drawing a job may be cancelled or overtaken; the row knows.

Tickets are deferred in the transaction that puts the row into the lane, so neither is ever without the other.
A ticket too many finds no row, which is fine. A ticket too few (a worker died between drawing and claiming) is
made good by `recover`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, cast

import psycopg
from procrastinate import App, JobContext, PsycopgConnector
from procrastinate.connector import LISTEN_TIMEOUT, Notify
from procrastinate.exceptions import ConnectorException, ProcrastinateException
from procrastinate.jobs import Notification
from procrastinate.worker import Worker
from psycopg import sql
from tortoise.functions import Count

from core.errors import StoreUnavailable
from core.queue.dispatch import HEAD_START_SECONDS, Name, Start
from core.settings import Settings
from core.store.database import execute, psycopg_conninfo, transaction_connection
from core.store.records import JobRecord, JobStatus

log = logging.getLogger(__name__)

TASK = "likeness.take_turn"
DRAWING = "drawing"
RECONNECT_SECONDS = 1.0
GOODBYE_SECONDS = 2.0
"""How long a worker may take to end before it is told again."""
LEAST_POLL_SECONDS = 5.0
"""Notifications bring the tickets; a poll is for one that was lost with a connection, and costs every idle worker."""


@asynccontextmanager
async def open_postgres(settings: Settings) -> AsyncGenerator[Postgres]:
    """Open the dispatcher; only `serve` and `recover` need connections of its own, and open them themselves."""
    dispatch = Postgres(settings)
    try:
        yield dispatch
    finally:
        await dispatch.close()


class Postgres:
    """Procrastinate hands out turns, LISTEN and NOTIFY carry the calls."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._conninfo = psycopg_conninfo(settings)
        self._app = App(connector=ListeningConnector(conninfo=self._conninfo, min_size=1, max_size=4))
        self._app.task(name=TASK, pass_context=True)(_take_turn)
        self._is_open = self._is_closed = False
        self._opening = asyncio.Lock()

    async def close(self) -> None:
        """Give the connections back for good. The pool of an opening that was cut off has workers already."""
        self._is_closed = True
        await self._app.close_async()

    async def hand_out(self, lane: str) -> None:
        """Defer a ticket in the transaction in progress."""
        ticket = self._app.configure_task(TASK, queue=lane, connection=transaction_connection())
        try:
            await ticket.defer_async(lane=lane)
        except ConnectorException as fault:
            raise StoreUnavailable(type(fault).__name__) from fault

    async def serve(self, lanes: Mapping[str, int], start: Start) -> None:
        """Draw tickets while there is room. A worker of procrastinate's ends with its connection: begin again."""
        async with asyncio.TaskGroup() as tasks:
            for lane, room in lanes.items():
                tasks.create_task(self._serve_lane(lane, room, start))

    async def _serve_lane(self, lane: str, room: int, start: Start) -> None:
        drawing = Drawing(start, asyncio.Semaphore(room))
        while True:
            try:
                await self._open()
                await _until_ended(
                    LaneWorker(
                        self._app,
                        queues=[lane],
                        name=lane,
                        concurrency=room,
                        additional_context={DRAWING: drawing},
                        delete_jobs="always",
                        install_signal_handlers=False,
                        fetch_job_polling_interval=max(self._settings.poll_seconds, LEAST_POLL_SECONDS),
                        update_heartbeat_interval=self._settings.heartbeat_seconds,
                        stalled_worker_timeout=self._settings.lease_seconds,
                        # What a ticket started goes on by itself; only the ticket is given up.
                        shutdown_graceful_timeout=0,
                    )
                )
            except (ProcrastinateException, psycopg.Error, OSError) as fault:
                log.warning("action=dispatch_lost lane=%s fault=%s", lane, type(fault).__name__)
            await asyncio.sleep(RECONNECT_SECONDS)

    async def recover(self) -> int:
        """Return the tickets of silent workers to their lanes, and make as many as there are jobs."""
        try:
            await self._open()
            return await self._retry_stalled() + await self._make_missing()
        except (ProcrastinateException, psycopg.Error) as fault:
            raise StoreUnavailable(type(fault).__name__) from fault

    async def _retry_stalled(self) -> int:
        manager, count = self._app.job_manager, 0
        stalled = await manager.get_stalled_jobs(seconds_since_heartbeat=self._settings.lease_seconds)
        for ticket in stalled:
            with contextlib.suppress(ConnectorException):  # its worker ended it after all
                await manager.retry_job(ticket)
                count += 1
        return count

    async def _make_missing(self) -> int:
        waiting = (
            await JobRecord.filter(status=JobStatus.QUEUED, lane__isnull=False)
            .group_by("lane")
            .annotate(count=Count("id"))
            .values_list("lane", "count")
        )
        queues = await self._app.job_manager.list_queues_async(task=TASK)
        tickets = {queue["name"]: queue["todo"] for queue in queues}
        missing = [(str(lane), int(count) - tickets.get(lane, 0)) for lane, count in waiting]
        for lane, count in missing:
            for _ in range(count):
                await self._app.configure_task(TASK, queue=lane).defer_async(lane=lane)
        return sum(max(count, 0) for _, count in missing)

    async def _open(self) -> None:
        async with self._opening:
            if self._is_closed:
                raise ConnectorException("closed")
            if not self._is_open:
                await self._app.open_async()
                self._is_open = True

    async def wake_idle(self) -> None:
        """Do nothing: procrastinate notifies the workers of a lane when the transaction commits."""

    async def call_worker(self, worker_id: str) -> None:
        """Notify the workers; the one that is meant looks at its jobs."""
        await self._notify("worker", worker_id)

    async def call_bots(self) -> None:
        """Notify every bot."""
        await self._notify("bot", "")

    async def _notify(self, name: Name, payload: str) -> None:
        with contextlib.suppress(StoreUnavailable):  # whoever waits looks by itself, a little later
            await execute("SELECT pg_notify(%s, %s)", [_channel(name), payload])

    @asynccontextmanager
    async def ears(self, name: Name, worker_id: str = "") -> AsyncGenerator[NotificationEars]:
        """Listen on a connection of its own, connected anew whenever it is lost."""
        heard = NotificationEars()
        listening = asyncio.create_task(_listen(self._conninfo, _channel(name), worker_id, heard))
        try:
            yield heard
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def _until_ended(worker: Worker) -> None:
    """Run a worker until it ends, or until we are cancelled.

    It runs beside us, so that our cancellation cannot be lost in it: in Python 3.11, `wait_for` swallows one that
    comes together with what it waits for, and the libraries beneath a worker use it.
    """
    running = asyncio.create_task(worker.run())
    try:
        await asyncio.wait({running})
    finally:
        while not running.done():
            worker.stop()
            running.cancel()  # a stop that comes before its first step is forgotten
            await asyncio.wait({running}, timeout=GOODBYE_SECONDS)
    running.result()


class LaneWorker(Worker):
    """Procrastinate's worker (3.10), but it hears every call and ends with its heartbeat or its listener.

    Procrastinate watches these two only until the first of its side tasks is over (`_monitor_side_tasks`), and
    without periodic tasks that is at once. And a call that comes while it asks for a ticket is forgotten
    (`_fetch_and_process_jobs` clears the event after the answer): that ticket would lie until the next poll.
    """

    _was_called = False

    async def _periodic_deferrer(self) -> None:
        await asyncio.Event().wait()

    async def _handle_notification(self, *, channel: str, notification: Notification) -> None:
        self._was_called = True
        await super()._handle_notification(channel=channel, notification=notification)

    async def _fetch_and_process_jobs(self) -> None:
        if self._running_jobs:
            await asyncio.sleep(HEAD_START_SECONDS)
        is_first = True
        while is_first or (self._was_called and not self._stop_event.is_set()):
            is_first = self._was_called = False
            await super()._fetch_and_process_jobs()


class ListeningConnector(PsycopgConnector):
    """A connector that calls once as soon as it listens: before that, no call could be heard."""

    async def _loop_notify(
        self,
        on_notification: Notify,
        connection: psycopg.AsyncConnection[Any],
        timeout: float = LISTEN_TIMEOUT,
    ) -> None:
        await on_notification(channel="", payload=json.dumps({"type": "job_inserted", "job_id": 0}))
        await super()._loop_notify(on_notification, connection, timeout)


@dataclass(frozen=True)
class Drawing:
    """How tickets of a lane are turned into work. The room outlives a worker that lost its connection."""

    start: Start
    room: asyncio.Semaphore

    async def take_turn(self, lane: str) -> None:
        """Start the lane's best job and wait for its end, so that the ticket's place stays taken."""
        await self.room.acquire()
        try:
            running = await self._begin(lane)
        except BaseException:
            self.room.release()
            raise
        if running is None:
            self.room.release()
            return
        running.add_done_callback(lambda _: self.room.release())
        await asyncio.wait({running})

    async def _begin(self, lane: str) -> asyncio.Task[None] | None:
        while True:
            try:
                return await self.start(lane)
            except StoreUnavailable:
                await asyncio.sleep(RECONNECT_SECONDS)


async def _take_turn(context: JobContext, lane: str) -> None:
    """What a ticket does."""
    drawing = cast(Drawing, context.additional_context[DRAWING])  # pyright: ignore[reportUnknownMemberType]
    await drawing.take_turn(lane)


class NotificationEars:
    """Waits for what a connection hears."""

    def __init__(self) -> None:
        self._called = asyncio.Event()

    def call(self) -> None:
        """Let whoever waits go on."""
        self._called.set()

    async def wait(self, timeout_seconds: float) -> None:
        """Return when somebody called since the last wait, or after the time given."""
        # Not wait_for: in Python 3.11 it swallows a cancellation that comes together with the call.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await self._called.wait()
        self._called.clear()


def _channel(name: Name) -> str:
    return f"likeness_{name}"


async def _listen(conninfo: str, channel: str, wanted: str, heard: NotificationEars) -> None:
    while True:
        try:
            connection: psycopg.AsyncConnection[Any] = await psycopg.AsyncConnection.connect(
                conninfo, autocommit=True
            )
            async with connection:
                await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                heard.call()  # something may have been said while nobody listened
                async for notification in connection.notifies():
                    if notification.payload in ("", wanted):
                        heard.call()
        except psycopg.Error as fault:
            log.warning("action=notifications_lost channel=%s fault=%s", channel, type(fault).__name__)
        await asyncio.sleep(RECONNECT_SECONDS)
