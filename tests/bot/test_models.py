"""`/models` with hundreds of models: pages, and buttons that lead through them."""

from __future__ import annotations

import logging

import pytest

from bot.commands.models import MAX_SEARCH_CHARACTERS, MODELS_A_PAGE
from bot.replies import Button, ModelList
from bot.requests import ButtonPress, ImagineRequest, ModelsRequest
from core.rules.kinds import ModelKind
from core.store.records import ModelRecord, VersionRecord, VersionState
from tests.bot.conftest import Chat

pytestmark = pytest.mark.database


async def with_models(chat: Chat, count: int, called: str = "", first: int = 0) -> None:
    workspace = await chat.context.workspace_of(chat.person())
    for number in range(first, first + count):
        handle = f"mug-{number:03}"
        await ModelRecord.create(
            workspace_id=workspace.id,
            handle=handle,
            live_handle=handle,
            display_name=called or handle,
            kind=ModelKind.PRODUCT,
            class_noun="mug",
            trigger_word=f"t{number}",
            owner_id="ana",
        )


async def listed(chat: Chat, search: str = "", page: int = 0) -> ModelList:
    reply = await chat.ask(ModelsRequest(chat.person(), search, page))
    assert isinstance(reply, ModelList)
    return reply


async def pressed(chat: Chat, button: Button) -> ModelList:
    reply = await chat.ask(ButtonPress(chat.person(), button.action))
    assert isinstance(reply, ModelList)
    return reply


async def test_few_models_are_one_page_without_buttons(chat: Chat) -> None:
    page = await listed(chat, "mug")

    assert (page.page, page.pages, page.buttons) == (0, 1, ())


async def test_buttons_lead_through_all_models_and_back(chat: Chat) -> None:
    await with_models(chat, 2 * MODELS_A_PAGE + 1)
    first = await listed(chat, "mug-")
    assert [button.label for button in first.buttons] == ["Next"]
    second = await pressed(chat, first.buttons[0])
    assert [button.label for button in second.buttons] == ["Previous", "Next"]
    third = await pressed(chat, second.buttons[1])
    assert [button.label for button in third.buttons] == ["Previous"]

    handles = [model.handle for page in (first, second, third) for model in page.models]
    assert handles == [f"mug-{number:03}" for number in range(2 * MODELS_A_PAGE + 1)]
    assert {page.total for page in (first, second, third)} == {2 * MODELS_A_PAGE + 1}
    assert await pressed(chat, third.buttons[0]) == second


async def test_a_page_that_is_no_more_leads_to_the_last(chat: Chat) -> None:
    await with_models(chat, MODELS_A_PAGE + 1)

    assert (await listed(chat, "mug-", page=99)).page == 1
    assert (await pressed(chat, Button("Next", "models:nonsense:mug-"))).page == 0


async def test_a_search_with_colons_and_of_any_length_fits_into_a_button(chat: Chat) -> None:
    await with_models(chat, MODELS_A_PAGE + 1, called="Mug:" * 20)
    first = await listed(chat, "mug:" * 40)
    [following] = first.buttons

    assert len(first.search) == MAX_SEARCH_CHARACTERS
    assert len(following.action) <= 100
    assert len((await pressed(chat, following)).models) == 1


@pytest.mark.parametrize("asked", [ModelsRequest, ImagineRequest])
async def test_more_models_are_not_more_questions(
    chat: Chat, caplog: pytest.LogCaptureFixture, asked: type[ModelsRequest] | type[ImagineRequest]
) -> None:
    async def questions() -> int:
        caplog.clear()
        with caplog.at_level(logging.DEBUG, "tortoise.db_client"):
            await chat.ask(asked(chat.person(), "@mgu-1"))
        return sum("SELECT" in record.getMessage() for record in caplog.records)

    await with_models(chat, MODELS_A_PAGE)
    few = await questions()
    await with_models(chat, 3 * MODELS_A_PAGE, first=MODELS_A_PAGE)
    assert await questions() == few > 0


async def test_a_page_tells_how_each_model_stands(chat: Chat) -> None:
    await with_models(chat, 3)
    waiting, served, again = await ModelRecord.filter(handle__startswith="mug-").order_by("handle")
    for model, states in (
        (waiting, [VersionState.TRAINING]),
        (served, [VersionState.READY, VersionState.FAILED]),
        (again, [VersionState.FAILED]),
    ):
        for number, state in enumerate(states, start=1):
            await VersionRecord.create(model_id=model.id, number=number, state=state, base_model="tiny")
    first = await VersionRecord.get(model_id=served.id, number=1)
    await ModelRecord.filter(id=served.id).update(serving_version_id=first.id)

    page = await listed(chat, "mug-")
    assert [(model.handle, model.state, model.version) for model in page.models] == [
        ("mug-000", "training", None),
        ("mug-001", "ready", 1),
        ("mug-002", "failed", None),
    ]
