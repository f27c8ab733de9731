"""What the passing of time has to do, once for all bots."""

from __future__ import annotations

import asyncio
import os
from datetime import timedelta
from typing import cast

import pytest

from bot.commands.drafting import resume
from bot.context import Context
from bot.housekeeping import SWEEPS, Sweep, expire, return_stalled, run_if_due, scrub_files, start_sweeps
from bot.replies import CaptionsToReview, DraftClosed, Notice, Reply
from bot.requests import ImagineRequest, MessageRef, ModelsRequest
from core.store.records import DraftRecord, InboxRecord, PhotoRecord, TickRecord
from tests.bot.conftest import Chat, PhotoMaker
from tests.conftest import MovableClock
from tests.fakes.store import store_outage


def clock_of(chat: Chat) -> MovableClock:
    return cast(MovableClock, chat.context.clock)


async def test_a_draft_nobody_came_back_to_is_closed_and_its_photos_erased(
    chat: Chat, photo: PhotoMaker
) -> None:
    await chat.train(photo(1))
    long_ago = chat.context.clock() - timedelta(hours=25)
    await DraftRecord.all().update(updated_at=long_ago)
    await expire(chat.context)
    assert "for a day" in chat.card(DraftClosed).reason
    assert await PhotoRecord.all().count() == 0
    assert isinstance(await chat.ask_button(f"draft:{'0' * 32}:start"), Notice)


async def test_a_card_that_is_on_its_way_as_its_draft_expires_does_not_hide_that(
    chat: Chat, photo: PhotoMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    await chat.train(photo(1))
    await DraftRecord.all().update(updated_at=chat.context.clock() - timedelta(hours=25))
    frontend = chat.frontend
    edit = frontend.edit

    async def edit_late(message: MessageRef, reply: Reply) -> None:
        monkeypatch.setattr(frontend, "edit", edit)
        await expire(chat.context)
        await edit(message, reply)

    monkeypatch.setattr(frontend, "edit", edit_late)
    await resume(chat.context, "memory")
    assert "Start again with /train" in chat.card(DraftClosed).reason


async def test_a_fresh_draft_is_left_alone(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1))
    await DraftRecord.all().update(updated_at=chat.context.clock())
    await expire(chat.context)
    chat.card(CaptionsToReview)


async def test_the_keys_of_old_requests_are_forgotten(chat: Chat) -> None:
    clock = clock_of(chat)
    for name, days in (("old", 8), ("young", 6)):
        at = clock() - timedelta(days=days)
        await InboxRecord.create(platform="memory", dedupe_key=name, payload="", handled_at=at)
    await InboxRecord.create(platform="memory", dedupe_key="open", payload="")
    await expire(chat.context)
    assert {row.dedupe_key for row in await InboxRecord.all()} == {"young", "open"}


class Counted:
    """A sweep that counts its runs."""

    def __init__(self) -> None:
        self.runs = 0

    async def run(self, _: Context) -> None:
        self.runs += 1


async def test_two_processes_run_a_due_sweep_once(chat: Chat) -> None:
    counted = Counted()
    sweep = Sweep("counted", 60, counted.run)
    for expected in (1, 2):
        await asyncio.gather(*(run_if_due(chat.context, sweep) for _ in range(2)))
        await run_if_due(chat.context, sweep)
        assert counted.runs == expected
        clock_of(chat).advance(seconds=60)


@pytest.mark.parametrize("days", [1, -1])
async def test_a_clock_that_jumps_stops_no_sweep(chat: Chat, days: int) -> None:
    counted = Counted()
    sweep = Sweep("counted", 60, counted.run)
    await run_if_due(chat.context, sweep)
    clock_of(chat).jump(days=days)
    await run_if_due(chat.context, sweep)
    assert counted.runs == 2


async def test_a_sweep_outlives_the_database(chat: Chat) -> None:
    counted = Counted()
    sweep = Sweep("counted", 60, counted.run)
    with store_outage():
        assert not await run_if_due(chat.context, sweep)
    assert await run_if_due(chat.context, sweep)
    assert counted.runs == 1


async def test_a_dead_workers_job_is_queued_again(chat: Chat) -> None:
    await chat.ask(ImagineRequest(chat.person(), "a mug"))
    await chat.claim()
    await return_stalled(chat.context)
    clock_of(chat).advance(seconds=31)
    await return_stalled(chat.context)
    assert (await chat.claim()).attempt == 2


async def test_every_process_watches_for_silent_workers_by_itself(chat: Chat) -> None:
    """If it only watched when no other process did, it might never see a lease stand still."""
    await chat.ask(ImagineRequest(chat.person(), "a mug"))
    await chat.claim()
    [stalled] = [sweep for sweep in SWEEPS if sweep.name == "stalled"]
    await run_if_due(chat.context, stalled)
    clock_of(chat).advance(seconds=31)
    await TickRecord.create(name="stalled", due_at=clock_of(chat)() + timedelta(seconds=4))
    await run_if_due(chat.context, stalled)
    assert (await chat.claim()).attempt == 2


async def test_a_file_that_nobody_refers_to_is_deleted_after_its_grace(chat: Chat) -> None:
    await chat.ask(ModelsRequest(chat.person()))
    workspace = await chat.context.workspace_of(chat.person())
    key = await chat.context.blobs.put(workspace.id, b"left behind", ".png")
    path = chat.context.settings.resolved_storage_dir / key
    written_at = clock_of(chat)().timestamp()
    os.utime(path, (written_at, written_at))
    await scrub_files(chat.context)
    assert path.exists()
    clock_of(chat).advance(hours=chat.context.settings.orphan_grace_hours + 0.1)
    await scrub_files(chat.context)
    assert not path.exists()


async def test_rare_sweeps_are_asked_for_often(chat: Chat) -> None:
    """A bot that is restarted each hour still scrubs."""
    scheduler = start_sweeps(chat.context)
    intervals = [job.trigger.interval for job in scheduler.get_jobs()]
    scheduler.shutdown(wait=False)
    assert len(intervals) == len(SWEEPS)
    assert max(intervals) <= timedelta(minutes=10)
