"""From rows to threads: every ending told exactly once, and cards that follow their jobs.

An ending is an outbox row with a part for each of its messages. Telling a part is either an edit of the job's
card, which may be repeated, or a post under a nonce, which the front-end looks for before it posts. The part
is marked only afterwards, so a crash in between repeats the telling and not the message.

Several bot processes may do this over one database: a row is told by whoever claimed it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from functools import partial

from bot import cards
from bot.commands import answer
from bot.commands.looking import look_key
from bot.context import Context
from bot.endings import announcement, ending_of
from bot.replies import Reply
from bot.requests import LookedRequest, Request, ThreadAddress
from core.errors import ClaimLost, StoreUnavailable
from core.queue import outbox
from core.queue.dispatch import Ears
from core.queue.outbox import Outbox, Telling
from core.queue.progress import Look, open_jobs
from core.store.records import DraftRecord, JobKind, JobRecord, JobStatus

log = logging.getLogger(__name__)

LONGEST_TELLING_SECONDS = 120.0
"""A message that did not reach its platform by then is tried later: the others wait behind it."""

CARD_GRACE_SECONDS = 15.0
"""A job can end while its first card is still being posted: its ending waits for that card for so long."""
CARD_LOOK_SECONDS = 1.0

Platforms = Callable[[], Collection[str]]
"""The platforms that this process may speak on now."""
HandOn = Callable[[Request, str], Awaitable[object]]
"""Has a request answered in its turn, once for each key."""


class Delivery:
    """One loop a platform: endings first, then progress, so that a card never goes back."""

    def __init__(
        self,
        context: Context,
        *,
        platforms: Platforms | None = None,
        endings: Outbox | None = None,
        hand_on: HandOn | None = None,
    ) -> None:
        """Deliver on all front-ends of the process unless `platforms` says which it holds.

        What is to go on in a thread is handed on in turn with what its people say, or answered at once.
        """
        self._context = context
        self._hand_on = hand_on or partial(answer, context)
        self._platforms = platforms or (lambda: context.frontends)
        self._outbox = endings or Outbox(context.settings, context.clock)
        self._shown: dict[str, Look] = {}
        """What each open job's card was made from, only to spare edits that would change nothing."""

    async def run(self) -> None:
        """Deliver until cancelled, woken by those who end jobs and by the clock."""
        async with self._context.dispatch.ears("bot") as ears, asyncio.TaskGroup() as tasks:
            for platform in self._context.frontends:
                tasks.create_task(self._serve(platform, ears))

    async def _serve(self, platform: str, ears: Ears) -> None:
        """Serve one platform, so that a slow one holds up no other."""
        is_store_there = True
        while True:
            try:
                if platform in self._platforms():
                    await self._deliver(platform)
                    await self._follow(platform)
            except StoreUnavailable:
                if is_store_there:
                    log.warning("action=delivery_waits_for_store platform=%s", platform)
                is_store_there = False
            else:
                is_store_there = True
            await ears.wait(self._context.settings.poll_seconds)

    async def deliver_due(self) -> None:
        """Tell every ending whose time has come."""
        for platform in self._platforms():
            await self._deliver(platform)

    async def follow_open_jobs(self) -> None:
        """Bring the cards of running jobs up to date, and those of the first in line."""
        for platform in self._platforms():
            await self._follow(platform)

    # Endings

    async def _deliver(self, platform: str) -> None:
        for row in await self._outbox.due([platform]):
            telling = await self._outbox.claim(row)
            if telling is not None:
                await self._tell(telling)

    async def _tell(self, telling: Telling) -> None:
        try:
            async with self._claimed(telling):
                job = await JobRecord.get(id=telling.job_id)
                if self._may_get_card(job):
                    await self._outbox.let_go(telling, wait_seconds=CARD_LOOK_SECONDS)
                    return
                for part in await self._outbox.parts(telling, job):
                    await self._tell_part(part.name, job)
                    await self._outbox.mark_part_told(telling, part)
                await self._outbox.mark_told(telling)
        except ClaimLost:
            log.info("action=delivery_left_to_another job=%s", telling.job_id)
        except asyncio.CancelledError:
            with suppress(ClaimLost, StoreUnavailable):
                await self._outbox.let_go(telling)
            raise
        except Exception as fault:  # noqa: BLE001 - one ending must not stop the others
            log.warning(
                "action=delivery_postponed job=%s attempts=%d fault=%s",
                telling.job_id,
                telling.attempts + 1,
                type(fault).__name__,
            )
            with suppress(ClaimLost):
                await self._outbox.postpone(telling)

    def _may_get_card(self, job: JobRecord) -> bool:
        """Tell whether the command that queued the job may still be posting its card."""
        if job.kind is JobKind.FEATURES or job.card_message is not None or job.ended_at is None:
            return False
        return 0 <= (self._context.clock() - job.ended_at).total_seconds() < CARD_GRACE_SECONDS

    async def _tell_part(self, name: str, job: JobRecord) -> None:
        thread = ThreadAddress(job.platform, job.thread)
        match name:
            case outbox.NEWS:
                news = await announcement(job)
                if news is not None:
                    await self._post(thread, news, nonce=f"n{job.id[:24]}")
            case outbox.CARD:
                card = await ending_of(job)
                await cards.show(self._context, thread, job.card_message, card, nonce=f"e{job.id[:24]}")
            case outbox.DRAFT:
                await self._let_draft_go_on(job)
            case _:
                raise ValueError(f"no part of an ending is called {name}")

    async def _let_draft_go_on(self, job: JobRecord) -> None:
        draft = await DraftRecord.get_or_none(id=job.draft_id)
        if draft is not None:  # else it was erased meanwhile
            requester = await self._context.requester_of(draft)
            await self._hand_on(LookedRequest(requester, draft.id), look_key(job.id))

    async def _post(self, thread: ThreadAddress, reply: Reply, *, nonce: str) -> None:
        await self._context.frontends[thread.platform].post(thread, reply, nonce=nonce)

    @asynccontextmanager
    async def _claimed(self, telling: Telling) -> AsyncGenerator[None]:
        """Keep a claim while its ending is told.

        Raises:
            TimeoutError: The claim could not be kept, or the telling took too long: what it did is cancelled.
        """
        async with asyncio.timeout(self._context.settings.lease_seconds) as limit:
            keeper = asyncio.create_task(self._keep(telling, limit))
            try:
                yield
            finally:
                keeper.cancel()
                await asyncio.wait({keeper})

    async def _keep(self, telling: Telling, limit: asyncio.Timeout) -> None:
        settings, loop = self._context.settings, asyncio.get_running_loop()
        ends_at = loop.time() + LONGEST_TELLING_SECONDS
        while True:
            await asyncio.sleep(settings.heartbeat_seconds)
            now = loop.time()
            try:
                await self._outbox.renew(telling)
            except StoreUnavailable:
                continue
            except ClaimLost:
                limit.reschedule(now)
                return
            limit.reschedule(min(now + settings.lease_seconds, ends_at))

    # Progress

    async def _follow(self, platform: str) -> None:
        looks = await open_jobs(platform, self._context.clock())
        for look in looks:
            if look.job.card_message is not None and self._shown.get(look.job.id) != look:
                await self._show(look)
        others = {job_id: look for job_id, look in self._shown.items() if look.job.platform != platform}
        seen = {look.job.id: look for look in looks if look.job.id in self._shown}
        self._shown = others | seen

    async def _show(self, look: Look) -> None:
        try:
            await cards.show_job(self._context, look.job)
        except StoreUnavailable:
            raise
        except Exception as fault:  # noqa: BLE001 - progress is not worth a retry: the next look tells more
            log.warning("action=progress_not_shown job=%s fault=%s", look.job.id, type(fault).__name__)
        else:
            self._shown[look.job.id] = look
        # Another process may have told the ending just before this edit arrived.
        if await JobRecord.exists(id=look.job.id, status__not_in=[JobStatus.QUEUED, JobStatus.RUNNING]):
            await outbox.tell_card_again(look.job.id, self._context.clock())
