"""The buttons of a model and of captions, where a platform has no form to open for them."""

from __future__ import annotations

from bot.replies import (
    CaptionsToReview,
    DeleteConfirmation,
    ModelPhotos,
    ModelReady,
    Notice,
    WorkspaceSettings,
)
from bot.requests import ButtonPress, DeleteRequest, EditRequest, SettingsRequest
from tests.bot.conftest import Chat, PhotoMaker


async def test_a_model_that_is_ready_can_be_tried_edited_and_deleted(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1), photo(2), name="Red Mug")
    assert [button.label for button in chat.card(ModelReady).buttons] == ["Try it", "Edit", "Delete"]

    assert await chat.press("Try it") == Notice("Say where you want to see it: /imagine @red-mug on a beach")
    assert isinstance(await chat.press("Edit"), ModelPhotos)
    asked = await chat.press("Delete")
    assert isinstance(asked, DeleteConfirmation)
    assert "/delete @red-mug confirm: red-mug" in asked.how


async def test_somebody_elses_model_is_not_deleted_by_its_button(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1), name="Red Mug")
    refused = await chat.press("Delete", chat.person("bob"))
    assert refused == await chat.ask(DeleteRequest(chat.person("bob"), "red-mug"))
    assert "Only the owner" in str(refused)


async def test_the_photos_of_a_model_have_buttons_to_change_them(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train_to_the_end(photo(1), photo(2), name="Red Mug")
    shown = await chat.ask(EditRequest(chat.person(), "red-mug"))
    assert isinstance(shown, ModelPhotos)
    assert [button.label for button in shown.buttons] == ["Add photos", "Remove photos"]
    for button in shown.buttons:
        assert await chat.ask(ButtonPress(chat.person(), button.action)) == Notice(shown.how)


async def test_captions_have_a_button_that_says_how(chat: Chat, photo: PhotoMaker) -> None:
    await chat.train(photo(1), photo(2))
    assert [button.label for button in chat.card(CaptionsToReview).buttons] == [
        "Edit captions",
        "Looks right",
        "Cancel",
    ]
    said = await chat.press("Edit captions")
    assert isinstance(said, Notice)
    assert "photo's number" in said.text


async def test_people_are_added_to_a_list_that_stays(chat: Chat) -> None:
    admin = chat.person("root", is_admin=True)
    await chat.ask(SettingsRequest(admin, approvers=("lee",)))
    changed = await chat.ask(SettingsRequest(admin, more_approvers=("kim",), more_trainers=("ana",)))
    assert isinstance(changed, WorkspaceSettings)
    assert (changed.approvers, changed.trainers) == (("kim", "lee"), ("ana",))


async def test_only_an_admin_adds_people(chat: Chat) -> None:
    await chat.ask(SettingsRequest(chat.person(), more_approvers=("ana",)))
    shown = await chat.ask(SettingsRequest(chat.person("root", is_admin=True)))
    assert isinstance(shown, WorkspaceSettings)
    assert shown.approvers == ()
