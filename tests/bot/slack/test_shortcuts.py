"""Shortcuts in a message's menu: its photos become a model, or part of one."""

from __future__ import annotations

from bot.doors import OpenDraft
from bot.requests import AddPhotosRequest, EditRequest, TrainRequest
from bot.slack.addresses import FileAddress, Place, ReplyToken
from bot.slack.commanding import NO_PICTURE
from bot.slack.hearing import FORM_NOT_OPENED, STORE_IS_AWAY
from core.rules.kinds import ModelKind
from tests.bot.slack.conftest import Inbound
from tests.fakes.slack import File, refusal

PHOTO, OTHER = File("side.jpg", b"a photo"), File("top.jpg", b"another")


async def test_a_model_is_trained_from_the_photos_of_a_message_also_over_a_restart(inbound: Inbound):
    mia = inbound.person()
    message = await inbound.person("bob").say(inbound.studio, "the new shoes", files=[PHOTO, OTHER])
    asked = await mia.shortcut(message, "train_from_photos")
    form = await asked.opened()
    assert "2 photos from the message" in form.text()
    assert "Photos" not in [field.label for field in form.fields]
    await inbound.start()
    filled_in = {"What is it?": "Product", "Name": "Summer Shoes", "Which kind of thing?": "sneaker"}
    await mia.submit(form, filled_in)
    request = inbound.only(TrainRequest)
    assert (request.kind, request.name) == (ModelKind.PRODUCT, "Summer Shoes")
    found = [FileAddress.read(each.address) for each in request.attachments]
    assert [each.file_id for each in found] == [file.id for file in message.files]
    assert [each.url for each in found] == [file.url_private for file in message.files]
    assert request.requester.user_id == mia.id
    assert request.requester.thread == Place(inbound.team, inbound.studio.id, message.ts).address
    assert request.requester.reply_token == ReplyToken(asked.response_url, is_thread_begun=False).written()


async def test_as_many_photos_as_a_message_has_fit_into_a_form(over_http: Inbound):
    mia = over_http.person()
    long = "a-photo-with-a-name-that-somebody-took-care-of-" * 5
    photos = [File(f"{long}{number}.jpg", b"photo") for number in range(10)]
    message = await mia.say(over_http.studio, files=photos)
    form = await (await mia.shortcut(message, "train_from_photos")).opened()
    assert len(form.private_metadata) <= 3000
    await mia.submit(form, {"What is it?": "Style", "Name": "Noir"})
    request = over_http.only(TrainRequest)
    ids = [FileAddress.read(each.address).file_id for each in request.attachments]
    assert ids == [file.id for file in message.files]
    assert all(each.filename.endswith(f"{number}.jpg") for number, each in enumerate(request.attachments))


async def test_photos_of_a_message_are_added_to_a_model(over_http: Inbound):
    mia = over_http.person()
    message = await mia.say(over_http.studio, files=[PHOTO])
    form = await (await mia.shortcut(message, "add_to_model")).opened()
    offered = await mia.suggest(form, "model")
    assert [label.partition(" ")[0] for label in offered] == ["@ada", "@red-hat", "@summer-shoes"]
    await mia.submit(form, {"Which model?": "@ada · character"})
    request = over_http.only(EditRequest)
    assert (request.name, len(request.attachments)) == ("ada", 1)


async def test_in_the_thread_of_a_draft_photos_are_added_at_once(over_http: Inbound):
    mia = over_http.person()
    card = await over_http.card()
    message = await mia.say(card, "these?", files=[PHOTO])
    await over_http.all_told("message")
    place = Place(over_http.team, over_http.studio.id, card.ts)
    over_http.things.drafts["1"] = OpenDraft(place.address.thread, ())
    asked = await mia.shortcut(message, "add_to_model")
    request = over_http.only(AddPhotosRequest)
    assert request.requester.thread == place.address and asked.view is None


async def test_a_message_without_pictures_is_answered_with_a_sentence(inbound: Inbound):
    mia = inbound.person()
    message = await mia.say(inbound.studio, "no photo here")
    asked = await mia.shortcut(message, "train_from_photos")
    reply = await asked.replied()
    assert NO_PICTURE in reply.text() and reply.only_for is mia.user
    assert inbound.acceptor.requests == []


async def test_what_went_wrong_is_said_where_it_was_asked(over_http: Inbound):
    mia = over_http.person()
    message = await mia.say(over_http.studio, files=[PHOTO])
    over_http.fake.faults.next("views.open", refusal("expired_trigger_id"))
    asked = await mia.shortcut(message, "train_from_photos")
    assert FORM_NOT_OPENED in (await asked.replied()).text()
    over_http.things.is_down = True
    asked = await mia.shortcut(message, "add_to_model")
    assert STORE_IS_AWAY in (await asked.replied()).text()
