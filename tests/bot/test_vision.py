"""A draft whose photos a worker looks at as well: it waits for a while, and goes on whatever comes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bot.commands import drafting
from bot.delivery import Delivery
from bot.housekeeping import drop_looks, expire
from bot.inbox import Inbox
from bot.replies import (
    Analyzing,
    CaptionsToReview,
    DraftClosed,
    FindingsToReview,
    FlaggedPhoto,
    JobList,
    Notice,
    PersonQuestion,
    ReadyToTrain,
)
from bot.requests import AddPhotosRequest, Attachment, JobsRequest
from core.clock import utc_now
from core.feedback.calibration_records import Record, record_path, write_record
from core.feedback.vision import Face, Seen, to_text
from core.queue import looks, workers
from core.queue.jobs import Claim, Jobs
from core.queue.specs import FeaturesResult, FeaturesSpec, SeenPhoto
from core.queue.workers import Announcement
from core.rules.kinds import JobKind
from core.settings import Settings
from core.store.records import (
    DraftRecord,
    DraftState,
    InboxRecord,
    JobRecord,
    OutboxPartRecord,
    OutboxRecord,
    PhotoFeatureRecord,
)
from gpu_worker.device import memory_bytes
from gpu_worker.engine import Engine
from gpu_worker.main import Worker, lanes_for
from gpu_worker.runner import Runner
from gpu_worker.vision.eye import load_eye
from tests.bot.conftest import Chat, PhotoMaker
from tests.conftest import MovableClock
from tests.gpu_worker.small_family import SmallFamily
from tests.tiny_vision import make_detector, make_dinov2

PROVIDER = "dinov2-0123456789ab"
PORTRAIT, FAR = Face(300, 200, 700, 600, 0.9), Face(480, 50, 540, 130, 0.9)
MOST_SECONDS = 60
"""A test that takes this long hangs."""


async def a_worker(chat: Chat, provider: str = PROVIDER) -> None:
    said = Announcement("w", {"tiny": "a" * 64}, ("train.tiny", "generate.tiny"), "CPU", 0, provider)
    await workers.announce(said, chat.context.clock())


def lines_are_known(chat: Chat, provider: str = PROVIDER, max_oddness: float = 0.3) -> None:
    path = record_path(chat.context.settings.resolved_calibration_dir, provider)
    lines = {"max_oddness": max_oddness, "max_sameness": 0.95}
    write_record(path, Record(provider, lines, "2026-11-21", (), 6, 30, {}))


async def claim_look(chat: Chat) -> Claim:
    claim = await chat.context.jobs.claim("generate.tiny", worker_id="w", provider=PROVIDER)
    assert claim is not None, "nobody asked for a look"
    return claim


async def finish(
    chat: Chat, claim: Claim, degrees: Sequence[float], faces: Sequence[tuple[Face, ...] | None] = ()
) -> None:
    """End a look as a worker would that sees the photos under these angles."""
    assert isinstance(claim.spec, FeaturesSpec)
    angles = np.radians(degrees)
    looks_ = [np.array([np.cos(angle), np.sin(angle)], dtype=np.float32) for angle in angles]
    seen = zip(claim.spec.photos, looks_, faces or [None] * len(looks_), strict=True)
    photos = tuple(SeenPhoto(photo.sha256, to_text(Seen(look, on_it))) for photo, look, on_it in seen)
    await chat.context.jobs.finish(claim, FeaturesResult(claim.spec.provider, photos))


async def look(chat: Chat, *degrees: float, faces: Sequence[tuple[Face, ...] | None] = ()) -> None:
    """Look at what is asked for, and let the draft go on."""
    await finish(chat, await claim_look(chat), degrees, faces)
    await chat.delivery.deliver_due()


async def open_looks() -> list[JobRecord]:
    return await JobRecord.filter(kind=JobKind.FEATURES, ended_at=None)


async def add(chat: Chat, *paths: Path) -> None:
    attachments = tuple(Attachment(path.name, path) for path in paths)
    await chat.ask(AddPhotosRequest(chat.person(), attachments))


async def state() -> DraftState:
    return (await DraftRecord.get()).state


def on_the_card(chat: Chat) -> str:
    card = chat.card(ReadyToTrain)
    return "\n".join(card.notes)


# The way it goes


async def test_a_draft_waits_for_the_look_and_goes_on_with_what_was_seen(
    chat: Chat, photo: PhotoMaker
) -> None:
    await a_worker(chat)
    lines_are_known(chat)
    assert await chat.train(photo(1), photo(2), photo(3), photo(4)) is None
    assert chat.card(Analyzing).buttons[0].label == "Cancel"
    assert await state() is DraftState.ANALYZING
    await look(chat, 0, 10, 80, 20)
    (flagged,) = chat.frontend.of_type(FlaggedPhoto)
    assert flagged.number == 3
    assert flagged.findings[0].startswith("It looks unlike the other photos")
    review = chat.card(FindingsToReview)
    assert not any("same mug" in line for line in review.not_assessed)
    assert len(chat.frontend.messages) == 2, "the card, and the photo that is flagged"


async def test_the_look_is_no_job_that_anybody_sees(chat: Chat, photo: PhotoMaker) -> None:
    await a_worker(chat)
    await chat.train(photo(1), photo(2), photo(3))
    listed = await chat.ask(JobsRequest(chat.person()))
    assert listed == JobList(())
    await chat.delivery.follow_open_jobs()
    await look(chat, 0, 0, 0)
    await chat.delivery.follow_open_jobs()
    assert await chat.ask(JobsRequest(chat.person())) == JobList(())
    chat.card(CaptionsToReview)
    assert len(chat.frontend.messages) == 1


async def test_what_faces_tell_is_not_asked_of_the_person(chat: Chat, photo: PhotoMaker) -> None:
    await a_worker(chat)
    lines_are_known(chat)
    await chat.train(photo(1), photo(2), photo(3), kind="character", class_noun="woman")
    await look(chat, 0, 20, 40, faces=[(PORTRAIT,), (PORTRAIT, FAR), (FAR,)])
    (flagged,) = chat.frontend.of_type(FlaggedPhoto)
    assert flagged.number == 2
    assert "two faces" in flagged.findings[0]
    review = chat.card(FindingsToReview)
    assert {button.label for button in review.buttons} == {"Train anyway", "Add photos", "Cancel"}
    await chat.press("Train anyway")
    chat.card(PersonQuestion)


async def test_lines_that_nobody_measured_are_said_with_the_next_step(chat: Chat, photo: PhotoMaker) -> None:
    await a_worker(chat)
    await chat.train(photo(1), photo(2), photo(3))
    await look(chat, 0, 10, 80)
    await chat.press("Looks right")
    assert "not calibrated yet; the operator can run likeness calibrate once." in on_the_card(chat)


async def test_what_was_seen_once_is_not_looked_at_again(chat: Chat, photo: PhotoMaker) -> None:
    await a_worker(chat)
    lines_are_known(chat)
    await chat.train(photo(1), photo(2), photo(3))
    await look(chat, 0, 10, 20)
    await add(chat, photo(4))
    [asked] = await open_looks()
    assert asked.cost == 1, "only the new one"
    await look(chat, 80)
    assert chat.frontend.of_type(FlaggedPhoto)[0].number == 4
    await chat.press("Cancel")
    await chat.train(photo(1), photo(2), photo(4))
    assert await open_looks() == []
    assert chat.frontend.of_type(FlaggedPhoto)[-1].number == 3


async def test_what_was_seen_counts_while_the_worker_is_away(
    chat: Chat, photo: PhotoMaker, clock: MovableClock
) -> None:
    await a_worker(chat)
    lines_are_known(chat)
    await chat.train(photo(1), photo(2), photo(3))
    await look(chat, 0, 10, 20)
    await chat.press("Cancel")
    clock.advance(minutes=5)
    await chat.train(photo(1), photo(2), photo(3), name="Blue Mug")
    await chat.press("Looks right")
    assert "not there in time" not in on_the_card(chat)
    assert "same mug" not in on_the_card(chat)


async def test_what_was_to_be_said_is_still_said_after_the_wait(
    chat: Chat, photo: PhotoMaker, tmp_path: Path
) -> None:
    await a_worker(chat)
    notes = tmp_path / "notes.jpg"
    notes.write_text("milk, eggs\n")
    await chat.train(notes, photo(1), photo(2, blur=8), photo(3))
    assert "notes.jpg is not an image" in "\n".join(chat.card(Analyzing).notes)
    await look(chat, 0, 0, 0)
    assert "notes.jpg is not an image" in "\n".join(chat.card(FindingsToReview).notes)
    assert (await DraftRecord.get()).notes == ""


@pytest.mark.parametrize("kind", ["product", "style"])
async def test_nobody_waits_for_a_look_that_could_tell_nothing(
    kind: str, chat: Chat, photo: PhotoMaker
) -> None:
    await a_worker(chat)
    await chat.train(*(photo(seed) for seed in range(2 if kind == "product" else 5)), kind=kind)
    assert await JobRecord.all().count() == 0
    chat.card(CaptionsToReview)


# When nobody looks


@pytest.mark.parametrize("has_lately", [True, False])
async def test_without_a_worker_the_draft_goes_on_at_once_and_says_so(
    has_lately: bool, chat: Chat, photo: PhotoMaker, clock: MovableClock
) -> None:
    """Both where a worker fell silent, and where the settings alone say that there should be one."""
    if has_lately:
        await a_worker(chat)
        clock.advance(minutes=5)
    else:
        set_up = chat.context.settings.model_copy(update={"vision_model": "some/model"})
        chat.context = replace(chat.context, settings=set_up)
    await chat.train(photo(1), photo(2), photo(3))
    assert await JobRecord.all().count() == 0
    await chat.press("Looks right")
    assert "The worker's vision was not there in time" in on_the_card(chat)
    assert "whether every photo shows the same mug" in on_the_card(chat)


async def test_a_worker_without_vision_is_not_asked_and_not_missed(chat: Chat, photo: PhotoMaker) -> None:
    await a_worker(chat, provider="")
    await chat.train(photo(1), photo(2), photo(3))
    assert await JobRecord.all().count() == 0
    await chat.press("Looks right")
    assert "not there in time" not in on_the_card(chat)


async def test_a_look_that_failed_is_gone_without_and_not_tried_again(chat: Chat, photo: PhotoMaker) -> None:
    await a_worker(chat)
    await chat.train(photo(1), photo(2), photo(3))
    await chat.context.jobs.fail(await claim_look(chat), "Something broke.")
    await chat.delivery.deliver_due()
    assert await JobRecord.all().count() == 1
    await chat.press("Looks right")
    assert "not there in time" in on_the_card(chat)
    assert "Something broke" not in str(chat.frontend.messages)


async def test_a_worker_that_comes_back_with_another_model_is_not_waited_for_again(
    chat: Chat, photo: PhotoMaker
) -> None:
    await a_worker(chat)
    await chat.train(photo(1), photo(2), photo(3))
    await a_worker(chat, provider="clip-0123456789ab")
    assert await chat.context.jobs.drop((await open_looks())[0])
    await chat.delivery.deliver_due()
    chat.card(CaptionsToReview)
    assert await JobRecord.all().count() == 1


@pytest.mark.parametrize("is_claimed", [True, False])
async def test_nobody_waits_longer_than_the_patience(
    is_claimed: bool, chat: Chat, photo: PhotoMaker, clock: MovableClock
) -> None:
    """Nor for a worker that took it and hangs: what it writes later changes nothing."""
    await a_worker(chat)
    await chat.train(photo(1), photo(2), photo(3))
    await JobRecord.all().update(created_at=clock())
    claim = await claim_look(chat) if is_claimed else None
    await drop_looks(chat.context)
    chat.card(Analyzing)
    clock.advance(seconds=looks.PATIENCE.total_seconds())
    await drop_looks(chat.context)
    await chat.delivery.deliver_due()
    chat.card(CaptionsToReview)
    if claim is not None:
        assert (await chat.context.jobs.heartbeat([claim])).lost == {claim.job_id}
    await expire(chat.context)
    assert await JobRecord.all().count() == 0, "nothing of it is left"


# People meanwhile


async def test_a_draft_can_be_cancelled_while_it_waits(chat: Chat, photo: PhotoMaker) -> None:
    await a_worker(chat)
    await chat.train(photo(1), photo(2), photo(3))
    await chat.press("Cancel")
    assert "Cancelled" in chat.card(DraftClosed).reason
    assert await open_looks() == []
    await chat.delivery.deliver_due()
    chat.card(DraftClosed)
    assert await OutboxRecord.filter(delivered_at=None).count() == 0


async def test_photos_that_come_during_the_wait_are_looked_at_with_the_others(
    chat: Chat, photo: PhotoMaker
) -> None:
    await a_worker(chat)
    lines_are_known(chat)
    await chat.train(photo(1), photo(2), photo(3))
    overtaken = await claim_look(chat)
    await add(chat, photo(4))
    [asked] = await open_looks()
    assert asked.id != overtaken.job_id, "one at a time"
    await chat.delivery.deliver_due()
    assert await state() is DraftState.ANALYZING, "the one that was dropped lets nothing go on"
    await look(chat, 0, 10, 20, 80)
    assert chat.frontend.of_type(FlaggedPhoto)[0].number == 4
    assert chat.card(FindingsToReview).title.photo_count == 4


async def test_a_photo_erased_with_its_draft_takes_what_was_seen_along(chat: Chat, photo: PhotoMaker) -> None:
    await a_worker(chat)
    await chat.train(photo(1), photo(2), photo(3))
    await look(chat, 0, 10, 20)
    assert await PhotoFeatureRecord.all().count() == 3
    long_ago = chat.context.clock().replace(year=2020)
    await DraftRecord.all().update(updated_at=long_ago)
    await expire(chat.context)
    assert await PhotoFeatureRecord.all().count() == 0


# Bots that die


@asynccontextmanager
async def a_bot(chat: Chat) -> AsyncIterator[None]:
    """A bot as `bot.app` wires it: what goes on in a thread takes its turn in the inbox."""
    inbox = Inbox(chat.context, retry_seconds=0.01)
    delivery = Delivery(chat.context, hand_on=inbox.accept)
    tasks = [asyncio.create_task(part) for part in (inbox.run(), delivery.run())]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(chat: Chat, kind: type) -> None:
    async with asyncio.timeout(MOST_SECONDS), chat.context.dispatch.ears("bot") as ears:
        while not chat.frontend.of_type(kind):
            await ears.wait(0.05)


async def test_a_look_that_ended_while_no_bot_was_there_lets_the_draft_go_on_once(
    chat: Chat, photo: PhotoMaker
) -> None:
    await a_worker(chat)
    await chat.train(photo(1), photo(2), photo(3))
    await finish(chat, await claim_look(chat), [0, 10, 20])
    before = dict(chat.frontend.asked)
    await drafting.resume(chat.context, "memory")
    assert chat.frontend.asked == before, "an old word could be written over what the ending brings"
    async with a_bot(chat):
        await until(chat, CaptionsToReview)
    assert len(chat.frontend.messages) == 1
    assert await JobRecord.all().count() == 1


async def test_a_bot_that_died_between_hearing_of_the_look_and_going_on_does_so_after_its_restart(
    chat: Chat, photo: PhotoMaker
) -> None:
    await a_worker(chat)
    await chat.train(photo(1), photo(2), photo(3))
    await finish(chat, await claim_look(chat), [0, 10, 20])
    # It wrote the request down and told nobody yet; the inbox of that process never ran.
    await Delivery(chat.context, hand_on=Inbox(chat.context).accept).deliver_due()
    assert await InboxRecord.filter(handled_at=None).count() == 1
    await drafting.resume(chat.context, "memory")
    assert await state() is DraftState.ANALYZING, "two would go on with it at once"
    async with a_bot(chat):
        await until(chat, CaptionsToReview)
    assert await InboxRecord.filter(handled_at=None).count() <= 1
    assert len(chat.frontend.messages) == 1


async def test_a_restart_during_the_wait_asks_for_no_second_look(chat: Chat, photo: PhotoMaker) -> None:
    await a_worker(chat)
    await chat.train(photo(1), photo(2), photo(3))
    await drafting.resume(chat.context, "memory")
    assert await JobRecord.all().count() == 1
    await look(chat, 0, 10, 20)
    chat.card(CaptionsToReview)


async def test_an_ending_that_is_told_twice_changes_nothing(chat: Chat, photo: PhotoMaker) -> None:
    await a_worker(chat)
    await chat.train(photo(1), photo(2), photo(3))
    await look(chat, 0, 10, 20)
    await chat.press("Looks right")
    before = dict(chat.frontend.messages)
    await OutboxRecord.all().update(delivered_at=None)
    await OutboxPartRecord.all().update(delivered_at=None)
    await chat.delivery.deliver_due()
    assert chat.frontend.messages == before
    assert not chat.frontend.of_type(Notice)


# With a real worker


async def test_a_real_worker_looks_at_the_photos_of_a_thread(
    chat: Chat, photo: PhotoMaker, settings: Settings, tmp_path: Path
) -> None:
    named = settings.model_copy(
        update={
            "vision_model": str(make_dinov2(tmp_path / "dinov2")),
            "face_model": str(make_detector(tmp_path / "faces", faces=2)),
        }
    )
    eye = load_eye(named)
    assert eye is not None
    lines_are_known(chat, eye.provider, max_oddness=-1.0)  # any set then has an odd one
    worker = Worker(named, chat.context.dispatch, chat.context.blobs, lanes_for("tiny", memory_bytes()))
    working = asyncio.create_task(worker.run(lambda: Engine(Runner(SmallFamily())), lambda: eye))
    # The worker goes by the real clock, and so does this bot.
    chat.context = replace(chat.context, clock=utc_now, jobs=Jobs(named, chat.context.dispatch))
    try:
        async with a_bot(chat), asyncio.timeout(MOST_SECONDS), chat.context.dispatch.ears("bot") as ears:
            while not await workers.has_eyes():
                await ears.wait(0.05)
            await chat.train(photo(1), photo(2), photo(3), kind="character", class_noun="woman")
            while len(chat.frontend.of_type(FlaggedPhoto)) < 3:
                await ears.wait(0.05)
    finally:
        worker.stop()
        await working
    flagged = chat.frontend.of_type(FlaggedPhoto)
    assert all("two faces" in "\n".join(photo.findings) for photo in flagged)
    assert sum("looks unlike the other photos" in "\n".join(photo.findings) for photo in flagged) == 1
    assert {row.provider for row in await PhotoFeatureRecord.all()} == {eye.provider}
    assert await PhotoFeatureRecord.all().count() == 3
