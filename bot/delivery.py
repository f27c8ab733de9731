"""From rows to threads: every ending told exactly once, and cards that follow their jobs.

An ending is an outbox row, written in the transaction that ended the job. Telling it is either an edit of
the job's card, which may be repeated, or a post under a nonce, which the front-end looks for before it posts.
The row is marked only afterwards, so a crash in between repeats the telling and not the message.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from bot import cards
from bot.context import Context
from bot.endings import announcement, ending_of
from bot.frontend import FrontendUnavailable
from bot.replies import Reply
from bot.requests import ThreadAddress
from core.queue.bell import Bell
from core.store.records import JobRecord, JobStatus, OutboxRecord

log = logging.getLogger(__name__)

MAX_DELIVERY_ATTEMPTS = 12
FIRST_RETRY_SECONDS = 1.0
LONGEST_RETRY_SECONDS = 600.0


class Delivery:
    """One loop a bot process: endings first, then progress, so that a card never goes back."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._shown: dict[str, Reply] = {}
        """What each running job's card says, only to spare edits that would change nothing."""

    async def run(self) -> None:
        """Deliver until cancelled, woken by the worker's bell and by the clock."""
        settings = self._context.settings
        async with Bell(settings.data_dir, "bot") as bell:
            while True:
                await self.deliver_due()
                await self.follow_open_jobs()
                await bell.wait(settings.poll_seconds)

    async def deliver_due(self) -> None:
        """Tell every ending whose time has come."""
        due = OutboxRecord.filter(
            platform__in=list(self._context.frontends),
            delivered_at=None,
            failed_at=None,
            next_attempt_at__lte=self._context.clock(),
        )
        for row in await due.order_by("created_at"):
            try:
                await self._tell(await JobRecord.get(id=row.job_id))
            except FrontendUnavailable:
                await self._try_later(row)
            else:
                await OutboxRecord.filter(id=row.id).update(delivered_at=self._context.clock())
                self._shown.pop(row.job_id, None)

    async def follow_open_jobs(self) -> None:
        """Bring the cards of queued and running jobs up to date."""
        jobs = await JobRecord.filter(
            status__in=[JobStatus.QUEUED, JobStatus.RUNNING], platform__in=list(self._context.frontends)
        )
        for job in jobs:
            reply = await cards.job_reply(self._context, job)
            if reply is None or job.card_message is None or self._shown.get(job.id) == reply:
                continue
            try:
                await cards.show_job(self._context, job)
            except FrontendUnavailable:
                continue  # progress is not worth a retry: the next look tells more
            self._shown[job.id] = reply

    async def _tell(self, job: JobRecord) -> None:
        thread = ThreadAddress(job.platform, job.thread)
        news = await announcement(job)
        if news is not None:
            await self._context.frontends[job.platform].post(thread, news, nonce=f"n{job.id[:24]}")
        card = await ending_of(job)
        await cards.show(self._context, thread, job.card_message, card, nonce=f"e{job.id[:24]}")

    async def _try_later(self, row: OutboxRecord) -> None:
        attempts, now = row.attempts + 1, self._context.clock()
        wait = min(FIRST_RETRY_SECONDS * 2**row.attempts, LONGEST_RETRY_SECONDS)
        gave_up = {"failed_at": now} if attempts >= MAX_DELIVERY_ATTEMPTS else {}
        await OutboxRecord.filter(id=row.id).update(
            attempts=attempts, next_attempt_at=now + timedelta(seconds=wait), **gave_up
        )
        log.warning("action=delivery_postponed job=%s attempts=%d", row.job_id, attempts)
