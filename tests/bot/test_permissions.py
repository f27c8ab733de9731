"""Who may do what: what admins settle with /settings holds for everybody in the thread."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.replies import CreditsShown, Refusal, WorkspaceSettings
from bot.requests import (
    CreditsRequest,
    DeleteRequest,
    EditRequest,
    ImagineRequest,
    Requester,
    SettingsRequest,
)
from core.permissions import MAX_NAMED
from core.store.records import DraftRecord, PhotoRecord
from tests.bot.conftest import Chat, PhotoMaker

pytestmark = pytest.mark.database


def admin(chat: Chat) -> Requester:
    return chat.person("boss", is_admin=True)


def in_role(requester: Requester, role: str) -> Requester:
    return replace(requester, roles=("somebody", role))


async def settings_of(chat: Chat) -> WorkspaceSettings:
    shown = await chat.ask(SettingsRequest(chat.person()))
    assert isinstance(shown, WorkspaceSettings)
    return shown


async def test_a_new_workspace_lets_everybody_train_and_the_uploader_decide(chat: Chat) -> None:
    assert await settings_of(chat) == WorkspaceSettings(
        1, (), (), has_private_threads=False, may_change=False
    )


async def test_an_admin_changes_one_rule_and_the_others_stay(chat: Chat) -> None:
    await chat.ask(SettingsRequest(admin(chat), approvers=("lee", " kim ", "lee")))
    changed = await chat.ask(SettingsRequest(admin(chat), quorum=2))
    assert changed == WorkspaceSettings(2, ("kim", "lee"), (), has_private_threads=False, may_change=True)


@pytest.mark.parametrize(
    "change", [{"quorum": 2}, {"approvers": ()}, {"trainers": ("lee",)}, {"has_private_threads": True}]
)
async def test_nobody_but_an_admin_changes_anything(chat: Chat, change: dict[str, object]) -> None:
    before = await settings_of(chat)
    refused = await chat.ask(SettingsRequest(chat.person(), **change))  # type: ignore[arg-type]
    assert isinstance(refused, Refusal) and "admin" in refused.reasons[0]
    assert await settings_of(chat) == before


@pytest.mark.parametrize("quorum", [0, -1, 500])
async def test_a_quorum_that_nobody_can_meet_is_refused(chat: Chat, quorum: int) -> None:
    refused = await chat.ask(SettingsRequest(admin(chat), quorum=quorum, approvers=("lee",)))
    assert isinstance(refused, Refusal) and str(quorum) in refused.reasons[0]
    assert (await settings_of(chat)).approvers == ()


async def test_more_names_than_a_list_holds_are_refused(chat: Chat) -> None:
    names = tuple(f"user{number}" for number in range(MAX_NAMED + 1))
    assert isinstance(await chat.ask(SettingsRequest(admin(chat), trainers=names)), Refusal)


async def test_only_trainers_train_and_nothing_of_the_others_is_kept(chat: Chat, photo: PhotoMaker) -> None:
    await chat.ask(SettingsRequest(admin(chat), trainers=("crew",)))
    refused = await chat.train(photo(1))
    assert isinstance(refused, Refusal) and "/settings" in refused.reasons[0]
    assert not await PhotoRecord.all().count() and not await DraftRecord.all().count()
    assert await chat.train(photo(1), requester=in_role(chat.person(), "crew")) is None


async def test_only_trainers_edit_and_delete_but_everybody_paints(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1))
    await chat.ask(SettingsRequest(admin(chat), trainers=("lee",)))
    assert isinstance(await chat.ask(EditRequest(chat.person(), "red-mug", remove=(1,))), Refusal)
    assert isinstance(await chat.ask(DeleteRequest(chat.person(), "red-mug", "red-mug")), Refusal)
    assert await chat.ask(ImagineRequest(chat.person(), "@red-mug on a beach")) is None
    assert not isinstance(await chat.ask(DeleteRequest(admin(chat), "red-mug", "red-mug")), Refusal)


async def test_an_approver_may_be_a_role(chat: Chat, photo: PhotoMaker) -> None:
    await chat.ask(SettingsRequest(admin(chat), approvers=("brand-leads",)))
    await chat.train(photo(1), photo(2, blur=8))
    assert isinstance(chat.frontend.messages["m2"].decision, str)  # type: ignore[union-attr]
    assert await chat.react("❌", "m2", chat.person("kim")) is not None
    assert await chat.react("❌", "m2", in_role(chat.person("lee"), "brand-leads")) is None
    assert chat.frontend.messages["m2"].decision == "Removed."  # type: ignore[union-attr]


async def test_credits_are_told_with_what_they_buy(chat: Chat, photo: PhotoMaker) -> None:
    before = await chat.ask(CreditsRequest(chat.person()))
    assert isinstance(before, CreditsShown) and before.balance == before.monthly
    await chat.train_to_the_end(photo(1))
    after = await chat.ask(CreditsRequest(chat.person()))
    assert isinstance(after, CreditsShown)
    assert before.balance - after.balance == dict(before.trainings)["product"]
