"""The small questions that forms and suggestions ask, over real rows."""

from __future__ import annotations

import logging

import pytest

from bot.discord.search import suggest_prompts
from bot.doors import AtHome
from bot.replies import CaptionsToReview
from bot.requests import ImagineRequest
from bot.stored_doors import StoredDoors
from core.rules.kinds import ModelKind
from core.store.records import DraftPhotoRecord, ModelRecord, WorkspaceRecord, new_id
from tests.bot.conftest import THREAD, Chat, PhotoMaker


@pytest.fixture
def doors() -> StoredDoors:
    return StoredDoors("memory")


async def many_models(count: int) -> None:
    workspace = await WorkspaceRecord.create(platform="memory", external_id="team", plan="pro")
    names = [f"mug-{number:04}" for number in range(count)]
    await ModelRecord.bulk_create(
        ModelRecord(
            workspace_id=workspace.id,
            handle=name,
            live_handle=name,
            display_name=name.title(),
            kind=ModelKind.PRODUCT,
            class_noun="mug",
            trigger_word="zz",
            owner_id="ana",
            serving_version_id=new_id(),
        )
        for name in names
    )


async def test_two_thousand_names_are_one_question(
    database: None, doors: StoredDoors, caplog: pytest.LogCaptureFixture
):
    await many_models(2000)
    await doors.handles("team")
    with caplog.at_level(logging.DEBUG, "tortoise.db_client"):
        models = await doors.handles("team")
    assert len(models) == 2000
    asked = [record for record in caplog.records if "SELECT" in record.getMessage()]
    assert len(asked) == 1
    assert [choice.value for choice in suggest_prompts("@mug-1234", models)] == ["@mug-1234"]


async def test_what_changes_while_somebody_types_is_there_with_the_next_letter(
    database: None, doors: StoredDoors
):
    await many_models(3)
    assert len(await doors.handles("team")) == 3
    await ModelRecord.filter(handle="mug-0000").update(live_handle=None)
    assert [model.handle for model in await doors.handles("team")] == ["mug-0001", "mug-0002"]
    await ModelRecord.filter(handle="mug-0001").update(serving_version_id=None)
    assert [model.is_ready for model in await doors.handles("team")] == [False, True]
    old = await ModelRecord.get(handle="mug-0002")
    await ModelRecord.filter(id=old.id).update(live_handle=None)
    await ModelRecord.create(
        workspace_id=old.workspace_id, handle="cup", live_handle="cup", display_name="Cup",
        kind=ModelKind.PRODUCT, class_noun="cup", trigger_word="zz", owner_id="ana",
        serving_version_id=new_id(),
    )  # fmt: skip
    assert [model.handle for model in await doors.handles("team")] == ["cup", "mug-0001"]


async def test_names_of_another_workspace_and_deleted_ones_are_not_offered(
    database: None, doors: StoredDoors
):
    await many_models(2)
    assert await doors.handles("elsewhere") == []
    await ModelRecord.filter(handle="mug-0000").update(live_handle=None)
    assert [model.handle for model in await doors.handles("team")] == ["mug-0001"]


async def test_what_is_still_training_is_not_ready(database: None, doors: StoredDoors):
    await many_models(1)
    await ModelRecord.all().update(serving_version_id=None)
    [model] = await doors.handles("team")
    assert not model.is_ready


async def test_a_draft_gives_its_captions_until_it_is_over(chat: Chat, photo: PhotoMaker, doors: StoredDoors):
    await chat.train(photo(1), photo(2))
    card = chat.card(CaptionsToReview)
    draft_id = card.title.draft_id
    found = await doors.draft("team", draft_id)
    assert found is not None
    assert (found.thread, found.captions) == (THREAD.thread, card.captions)
    assert await doors.has_draft("team", THREAD.thread)
    assert await doors.draft("elsewhere", draft_id) is None

    await chat.press("Cancel")
    assert await doors.draft("team", draft_id) is None
    assert not await doors.has_draft("team", THREAD.thread)


async def test_a_models_photos_are_known_by_their_captions(chat: Chat, photo: PhotoMaker, doors: StoredDoors):
    await chat.train_to_the_end(photo(1), photo(2), name="Red Mug")
    assert await doors.captions("team", "red-mug") == ("red-mug mug", "red-mug mug")
    assert await doors.captions("team", "no-such-mug") == ()
    assert await doors.captions("elsewhere", "red-mug") == ()


async def test_who_is_in_charge(chat: Chat, doors: StoredDoors):
    assert (await doors.in_charge("team")).quorum == 1
    await chat.context.workspace_of(chat.person())
    await WorkspaceRecord.all().update(review_quorum=3, approvers="9,4")
    rules = await doors.in_charge("team")
    assert (rules.quorum, rules.approvers, rules.trainers) == (3, ("4", "9"), ())


async def test_a_start_page_shows_the_latest_jobs_and_what_is_left(
    chat: Chat, photo: PhotoMaker, doors: StoredDoors
):
    assert await doors.at_home("team") == AtHome(None, ())
    await chat.train_to_the_end(photo(1), photo(2), name="Red Mug")
    await chat.ask(ImagineRequest(chat.person(), "@red-mug on a beach"))
    home = await doors.at_home("team")
    assert home.balance == 989, "1000 a month, less a training and a picture that is reserved"
    painting, training = home.jobs
    assert (painting.status, painting.is_open) == ("queued", True)
    assert "@red-mug" in painting.title and "on a beach" in painting.title
    assert (training.status, training.is_open) == ("done", False)
    assert await doors.at_home("elsewhere") == AtHome(None, ())


async def test_the_message_of_a_photo_leads_to_its_thread(chat: Chat, photo: PhotoMaker, doors: StoredDoors):
    await chat.train(photo(1, blur=9), photo(2))
    message = (await DraftPhotoRecord.exclude(message=None).first()).message
    assert await doors.thread_of_photo("team", message) == THREAD.thread
    assert await doors.thread_of_photo("elsewhere", message) is None
    assert await doors.thread_of_photo("team", "no such message") is None
