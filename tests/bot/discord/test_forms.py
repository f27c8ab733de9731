"""Forms: what opens them, what they ask, and what a filled-in form comes to."""

from __future__ import annotations

from bot.discord.addresses import ReplyToken, TokenKind
from bot.doors import OpenDraft, PeopleInCharge
from bot.requests import (
    AddPhotosRequest,
    ButtonPress,
    CaptionsRequest,
    DeleteRequest,
    EditRequest,
    ImagineRequest,
    SettingsRequest,
    TrainRequest,
)
from core.rules.kinds import ModelKind
from core.store.records import new_id
from tests.bot.discord.conftest import Inbound, is_private_reply
from tests.fakes.discord import Answer, File

PHOTO, OTHER = File("side.jpg", b"a photo"), File("top.jpg", b"another")
DRAFT = new_id()


async def test_training_without_photos_opens_a_form_for_them(inbound: Inbound):
    ada = inbound.person()
    asked = await ada.slash(inbound.studio, "train", type="product", name="Summer Shoes")
    assert asked.modal is not None and asked.modal.title == "Train a product"
    assert "One great photo beats one great and two poor" in asked.modal.text()
    assert [field.label for field in asked.modal.fields] == ["Name", "What is it?", "Photos"]
    assert inbound.acceptor.requests == []

    sent = await ada.submit(asked, {"What is it?": "sneaker", "Photos": [PHOTO, OTHER]})
    request = inbound.only(TrainRequest)
    assert (request.kind, request.name, request.class_noun) == (ModelKind.PRODUCT, "Summer Shoes", "sneaker")
    assert [attachment.filename for attachment in request.attachments] == ["side.jpg", "top.jpg"]
    assert sent.acknowledgement is Answer.MESSAGE_LATER
    assert sent.response is not None and sent.response.is_ephemeral
    token = ReplyToken.read(request.requester.reply_token)
    assert token == ReplyToken(TokenKind.SLASH, sent.id, sent.token)


async def test_the_form_of_a_character_asks_for_lasting_features(inbound: Inbound):
    ada = inbound.person()
    asked = await ada.slash(inbound.studio, "train", type="character", preset="quick")
    await ada.submit(
        asked,
        {"Name": "Ada", "What is it?": "woman", "Photos": [PHOTO], "Lasting features": "round glasses, bob"},
    )
    request = inbound.only(TrainRequest)
    assert (request.kind, request.customizations, request.preset) == (
        ModelKind.CHARACTER,
        "round glasses, bob",
        "quick",
    )


async def test_the_form_of_a_style_asks_for_pictures_and_no_noun(inbound: Inbound):
    ada = inbound.person()
    asked = await ada.slash(inbound.studio, "train", type="style")
    assert asked.modal is not None
    assert [field.label for field in asked.modal.fields] == ["Name", "Pictures"]
    await ada.submit(asked, {"Name": "Noir", "Pictures": [PHOTO] * 10})
    assert len(inbound.only(TrainRequest).attachments) == 10


async def test_a_form_that_was_open_over_a_restart_still_counts(inbound: Inbound):
    ada = inbound.person()
    asked = await ada.slash(inbound.studio, "train", type="product")
    await inbound.start()
    await ada.submit(asked, {"Name": "Mug", "What is it?": "mug", "Photos": [PHOTO]})
    assert inbound.only(TrainRequest).name == "Mug"


async def test_deleting_asks_for_the_name_once_more(inbound: Inbound):
    ada = inbound.person()
    asked = await ada.slash(inbound.studio, "delete", name="@summer-shoes")
    assert asked.modal is not None
    assert "cannot be undone" in asked.modal.text()
    assert inbound.acceptor.requests == []
    await ada.submit(asked, {"To go on, type summer-shoes": "summer-shoes"})
    request = inbound.only(DeleteRequest)
    assert (request.name, request.confirmation) == ("summer-shoes", "summer-shoes")


async def test_photos_are_added_to_a_draft_by_its_button(inbound: Inbound):
    thread = f"{inbound.studio.id}/99"
    inbound.things.drafts[DRAFT] = OpenDraft(thread, ())
    card = await inbound.card(("Add photos", f"draft:{DRAFT}:add"))
    ada = inbound.person()
    opened = await ada.press(card, "Add photos")
    sent = await ada.submit(opened, {"Photos": [PHOTO, OTHER]})
    request = inbound.only(AddPhotosRequest)
    assert len(request.attachments) == 2
    assert request.requester.thread.thread == thread, "the draft's, wherever its card stands"
    assert sent.acknowledgement is Answer.UPDATE_LATER
    token = ReplyToken.read(request.requester.reply_token)
    assert token is not None and token.kind is TokenKind.PRESS


async def test_a_draft_that_is_over_opens_no_form(inbound: Inbound):
    card = await inbound.card(
        ("Add photos", f"draft:{DRAFT}:add"), ("Edit captions", f"draft:{DRAFT}:captions")
    )
    ada = inbound.person()
    assert (await ada.press(card, "Add photos")).modal is None
    assert (await ada.press(card, "Edit captions")).modal is None
    actions = [press.action for press in await inbound.arrived(ButtonPress, 2)]
    assert actions == [f"draft:{DRAFT}:add", f"draft:{DRAFT}:captions"]


async def test_captions_are_edited_in_one_form(inbound: Inbound):
    inbound.things.drafts[DRAFT] = OpenDraft("7", ("mug", "mug, side view"))
    card = await inbound.card(("Edit captions", f"draft:{DRAFT}:captions"))
    ada = inbound.person()
    opened = await ada.press(card, "Edit captions")
    await ada.submit(opened, {"Photo 1": "mug, on grey"})
    request = inbound.only(CaptionsRequest)
    assert request.captions == ((1, "mug, on grey"), (2, "mug, side view"))
    assert request.requester.thread.thread == "7"


async def test_many_captions_are_edited_five_at_a_time(inbound: Inbound):
    inbound.things.drafts[DRAFT] = OpenDraft(
        "7", tuple(f"style, picture {number}" for number in range(1, 41))
    )
    card = await inbound.card(("Edit captions", f"draft:{DRAFT}:captions"))
    ada = inbound.person()
    opened = await ada.press(card, "Edit captions")
    assert opened.modal is None
    pages = await opened.replied()
    assert pages.is_ephemeral
    assert [button.label for button in pages.buttons()][:2] == ["1 to 5", "6 to 10"]
    assert len(pages.buttons()) == 8

    page = await ada.press(pages, "36 to 40")
    await ada.submit(page, {"Photo 40": "style, a harbour"})
    captions = inbound.only(CaptionsRequest).captions
    assert [number for number, _ in captions] == [36, 37, 38, 39, 40]
    assert captions[-1] == (40, "style, a harbour")


async def test_photos_of_a_model_are_added_and_removed_by_buttons(inbound: Inbound):
    inbound.things.photos["summer-shoes"] = tuple(f"shoe, view {number}" for number in range(1, 31))
    card = await inbound.card(
        ("Add photos", "model:summer-shoes:add"), ("Remove photos", "model:summer-shoes:remove")
    )
    ada = inbound.person()
    await ada.submit(await ada.press(card, "Add photos"), {"Photos": [PHOTO]})
    removing = await ada.press(card, "Remove photos")
    assert removing.modal is not None
    assert [field.label for field in removing.modal.fields] == ["Photos 1 to 25", "Photos 26 to 30"]
    await ada.submit(removing, {"Photos 1 to 25": ["Photo 2", "Photo 11"], "Photos 26 to 30": ["Photo 30"]})
    added, removed = await inbound.arrived(EditRequest, 2)
    assert (added.name, len(added.attachments)) == ("summer-shoes", 1)
    assert (removed.name, removed.remove) == ("summer-shoes", (2, 11, 30))


async def test_a_model_that_is_ready_is_tried_and_deleted_by_buttons(inbound: Inbound):
    card = await inbound.card(
        ("Try it", "model:ada:try"), ("Edit", "model:ada:edit"), ("Delete", "model:ada:delete")
    )
    ada = inbound.person()
    await ada.submit(await ada.press(card, "Try it"), {"How many pictures?": "4"})
    await ada.press(card, "Edit")
    await ada.submit(await ada.press(card, "Delete"), {"To go on, type ada": "ada"})
    tried, edited, deleted = inbound.acceptor.requests
    assert isinstance(tried, ImagineRequest) and (tried.prompt, tried.count) == ("@ada on a beach", 4)
    assert isinstance(edited, ButtonPress) and edited.action == "model:ada:edit"
    assert isinstance(deleted, DeleteRequest) and deleted.confirmation == "ada"


async def test_an_admin_changes_the_rules_in_a_form_that_begins_with_them(inbound: Inbound):
    lead, kim = inbound.fake.role("brand lead"), inbound.person("kim")
    inbound.things.rules = PeopleInCharge(2, (str(lead.id), str(kim.id)), (), has_private_threads=True)
    card = await inbound.card(("Change", "settings:workspace:change"))
    root = inbound.person("root", is_admin=True)
    opened = await root.press(card, "Change")
    await root.submit(opened, {"Who may train, edit and delete": [lead]})
    request = inbound.only(SettingsRequest)
    assert request.quorum == 2
    assert request.trainers == (str(lead.id),)
    assert set(request.approvers or ()) == {str(lead.id), str(kim.id)}
    assert request.has_private_threads is True


async def test_an_empty_list_in_the_form_means_everybody(inbound: Inbound):
    lead = inbound.fake.role("brand lead")
    inbound.things.rules = PeopleInCharge(1, (), (str(lead.id),), has_private_threads=False)
    root = inbound.person("root", is_admin=True)
    opened = await root.press(await inbound.card(("Change", "settings:workspace:change")), "Change")
    await root.submit(opened, {"Who may train, edit and delete": []})
    assert inbound.only(SettingsRequest).trainers == ()


async def test_a_number_that_is_none_is_said(inbound: Inbound):
    root = inbound.person("root", is_admin=True)
    opened = await root.press(await inbound.card(("Change", "settings:workspace:change")), "Change")
    sent = await root.submit(opened, {"How many of them have to agree": "no"})
    assert is_private_reply(sent, "is a number")
    assert inbound.acceptor.requests == []


async def test_a_form_that_cannot_begin_is_said_and_not_left_to_discord(inbound: Inbound):
    inbound.things.is_down = True
    asked = await inbound.person().slash(inbound.studio, "delete", name="ada")
    assert is_private_reply(asked, "cannot write anything down right now")


async def test_words_too_long_for_a_field_do_not_keep_the_form_from_opening(inbound: Inbound):
    words = {"name": "n" * 100, "class": "c" * 100, "features": "f" * 300}
    asked = await inbound.person().slash(inbound.studio, "train", type="character", **words)
    assert asked.modal is not None
