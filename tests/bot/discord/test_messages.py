"""Messages: commands on them, and photos that are sent to the bot."""

from __future__ import annotations

from functools import partial

from bot.doors import KnownModel, OpenDraft
from bot.requests import AddPhotosRequest, EditRequest, TrainRequest
from core.patience import patiently
from core.rules.kinds import ModelKind
from tests.bot.discord.conftest import Inbound, is_private_reply
from tests.fakes.discord import Answer, File

PHOTOS = [File("side.jpg", b"a photo"), File("top.png", b"another")]


async def test_training_from_the_photos_of_any_message(inbound: Inbound):
    message = await inbound.person("bob").say(inbound.studio, "the new boot", files=PHOTOS)
    ada = inbound.person()
    asked = await ada.message_command(message, "Train from these photos")
    assert asked.modal is not None
    await ada.submit(asked, {"What is it?": "Product", "Name": "Boot", "Which kind of thing?": "boot"})
    request = inbound.only(TrainRequest)
    assert (request.kind, request.name, request.class_noun) == (ModelKind.PRODUCT, "Boot", "boot")
    assert [attachment.filename for attachment in request.attachments] == ["side.jpg", "top.png"]
    assert request.requester.user_id == str(ada.id)


async def test_adding_to_a_model_from_a_list(inbound: Inbound):
    message = await inbound.person().say(inbound.studio, files=PHOTOS)
    ada = inbound.person()
    asked = await ada.message_command(message, "Add to a model")
    assert asked.modal is not None
    assert asked.modal.field("Which model?").options == ("@ada", "@red-hat", "@summer-shoes")
    await ada.submit(asked, {"Which model?": ["@red-hat"]})
    request = inbound.only(EditRequest)
    assert (request.name, len(request.attachments)) == ("red-hat", 2)


async def test_where_there_are_many_models_their_name_is_typed(inbound: Inbound):
    inbound.things.models = [
        KnownModel(f"mug-{number}", f"Mug {number}", ModelKind.PRODUCT, is_ready=True)
        for number in range(300)
    ]
    message = await inbound.person().say(inbound.studio, files=PHOTOS)
    ada = inbound.person()
    await ada.submit(await ada.message_command(message, "Add to a model"), {"Which model?": "@mug-17"})
    assert inbound.only(EditRequest).name == "mug-17"


async def test_in_the_thread_of_an_open_draft_the_photos_go_there(inbound: Inbound):
    ada = inbound.person()
    thread = await ada.start_thread(inbound.studio, "Noir")
    inbound.things.drafts["1"] = OpenDraft(f"{inbound.studio.id}/{thread.id}", ())
    message = await ada.say(thread, files=PHOTOS)
    asked = await ada.message_command(message, "Add to a model")
    assert asked.acknowledgement is Answer.MESSAGE_LATER
    assert len(inbound.only(AddPhotosRequest).attachments) == 2


async def test_a_message_without_a_picture_is_said(inbound: Inbound):
    ada = inbound.person()
    words = await ada.say(inbound.studio, "just words")
    notes = await ada.say(inbound.studio, files=[File("notes.txt", b"words")])
    for message in (words, notes):
        asked = await ada.message_command(message, "Train from these photos")
        assert is_private_reply(asked, "There is no picture on that message")


async def test_a_form_over_a_message_that_a_restart_forgot_says_so(inbound: Inbound):
    ada = inbound.person()
    message = await ada.say(inbound.studio, files=PHOTOS)
    asked = await ada.message_command(message, "Train from these photos")
    await inbound.start()
    sent = await ada.submit(asked, {"What is it?": "Style", "Name": "Noir"})
    assert is_private_reply(sent, "Choose the command from its menu once more")
    assert inbound.acceptor.requests == []


async def test_photos_with_a_mention_of_the_bot_are_added(inbound: Inbound):
    ada = inbound.person()
    thread = await ada.start_thread(inbound.studio, "Noir")
    await ada.say(thread, "three more", files=PHOTOS, mentions=[inbound.fake.bot])
    [request] = await inbound.arrived(AddPhotosRequest)
    assert [attachment.filename for attachment in request.attachments] == ["side.jpg", "top.png"]
    assert request.requester.thread.thread == f"{inbound.studio.id}/{thread.id}"
    assert (request.requester.user_id, request.requester.reply_token) == (str(ada.id), "")


async def test_in_a_direct_message_no_mention_is_needed(inbound: Inbound):
    ada = inbound.person()
    await ada.say(ada.direct_channel(), files=PHOTOS)
    [request] = await inbound.arrived(AddPhotosRequest)
    assert request.requester.workspace == f"dm-{ada.id}"


async def test_what_is_not_for_the_bot_is_left_alone(inbound: Inbound):
    ada = inbound.person()
    await ada.say(inbound.studio, "look", files=PHOTOS)
    await ada.say(inbound.studio, "hello", mentions=[inbound.fake.bot])
    last = await ada.say(inbound.studio, "these", files=PHOTOS, mentions=[inbound.fake.bot])
    [request] = await inbound.arrived(AddPhotosRequest)
    assert list(inbound.acceptor.by_event) == [f"message:{last.id}"]
    assert request.attachments


async def test_photos_in_a_message_wait_until_they_can_be_written_down(inbound: Inbound, monkeypatch):
    monkeypatch.setattr("bot.discord.client.patiently", partial(patiently, first_wait_seconds=0))
    inbound.fails_once = True
    await inbound.person().say(inbound.studio, files=PHOTOS, mentions=[inbound.fake.bot])
    assert await inbound.arrived(AddPhotosRequest)
