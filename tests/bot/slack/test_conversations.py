"""Mentions, direct messages and photos: the product without slash commands, also inside threads."""

from __future__ import annotations

from bot.doors import OpenDraft
from bot.requests import (
    AddPhotosRequest,
    DeleteRequest,
    EditRequest,
    ImagineRequest,
    ModelsRequest,
    SettingsRequest,
    TrainRequest,
)
from bot.slack.addresses import FileAddress, Place, ReplyToken
from bot.slack.conversing import HOW_TO_TRAIN
from bot.slack.hearing import STORE_IS_AWAY
from core.rules.kinds import ModelKind
from tests.bot.slack.conftest import Inbound
from tests.fakes.slack import File

PHOTO, OTHER = File("side.jpg", b"a photo"), File("top.jpg", b"another")


async def test_a_mention_with_photos_trains_in_the_thread_beneath_it(inbound: Inbound):
    mia = inbound.person()
    message = await mia.mention(
        inbound.studio, "train product summer boots class: boot", files=[PHOTO, OTHER]
    )
    [request] = await inbound.arrived(TrainRequest)
    assert (request.kind, request.name, request.class_noun) == (ModelKind.PRODUCT, "summer boots", "boot")
    assert [each.filename for each in request.attachments] == ["side.jpg", "top.jpg"]
    address = FileAddress.read(request.attachments[0].address)
    assert (address.workspace, address.file_id) == (inbound.team, message.files[0].id)
    assert request.requester.thread == Place(inbound.team, inbound.studio.id, message.ts).address
    assert request.requester.reply_token == ReplyToken(is_thread_begun=False).written()
    await inbound.all_told("app_mention", "message")
    assert len(inbound.acceptor.requests) == 1, "a mention is told of as a message, too"


async def test_a_prompt_needs_no_verb_behind_a_mention(inbound: Inbound):
    await inbound.person().mention(inbound.studio, "@summer-shoes on a beach count: 2")
    [request] = await inbound.arrived(ImagineRequest)
    assert (request.prompt, request.count) == ("@summer-shoes on a beach", 2)


async def test_a_mention_in_a_thread_stays_there(over_http: Inbound):
    mia = over_http.person()
    first = await mia.say(over_http.studio, "what about the shoes?")
    await mia.mention(first, "imagine @summer-shoes in the snow")
    [request] = await over_http.arrived(ImagineRequest)
    assert request.prompt == "@summer-shoes in the snow"
    assert request.requester.thread == Place(over_http.team, over_http.studio.id, first.ts).address


async def test_somebody_who_is_called_like_a_model_is_painted_as_the_model(over_http: Inbound):
    ada = over_http.person("ada")
    mia = over_http.person()
    await mia.say(over_http.studio, "at sea", mentions=[over_http.fake.workspace.installed.bot, ada])
    [request] = await over_http.arrived(ImagineRequest)
    assert request.prompt == "@ada at sea"


async def test_what_needs_a_form_elsewhere_is_asked_for_in_words(over_http: Inbound):
    mia = over_http.person()
    await mia.mention(over_http.studio, "delete @ada")
    await mia.mention(over_http.studio, "settings")
    delete, settings = await _both(over_http)
    assert isinstance(delete, DeleteRequest) and (delete.name, delete.confirmation) == ("ada", "")
    assert isinstance(settings, SettingsRequest)
    for words, said in (
        ("train shoes", "Say first what it is: product, character or style."),
        ("edit", "Name the model to edit"),
        ("imagine", "Say what to paint"),
        ("add", "as a reply under its card"),
    ):
        await mia.mention(over_http.studio, words)
        await over_http.whispered(mia, said)
    assert len(over_http.acceptor.requests) == 2


async def _both(inbound: Inbound):
    await inbound.fake.until(lambda: len(inbound.acceptor.requests) == 2)
    return sorted(inbound.acceptor.requests, key=lambda request: type(request).__name__)


async def test_a_word_to_us_is_answered_for_its_author_where_they_see_it(over_http: Inbound):
    mia = over_http.person()
    message = await mia.mention(over_http.studio, "hello")
    reply = await over_http.whispered(mia, "I know /train")
    assert reply.thread is None, "beneath a message that nobody answered yet, Slack shows it to nobody"
    await over_http.person("bob").say(message, "What does it do?")
    await mia.mention(message, "imagine")
    assert (await over_http.whispered(mia, "Say what to paint")).thread is message
    assert over_http.acceptor.requests == []


async def test_photos_under_a_draft_are_added_without_a_word(inbound: Inbound):
    mia = inbound.person()
    card = await inbound.card()
    place = Place(inbound.team, inbound.studio.id, card.ts)
    inbound.things.drafts["1"] = OpenDraft(place.address.thread, ())
    for number in range(4):
        await mia.say(card, files=[File(f"{number}-{each}.png", b"picture") for each in range(10)])
    requests = await inbound.arrived(AddPhotosRequest, 4)
    assert sum(len(request.attachments) for request in requests) == 40, "a style takes that many"
    assert {request.requester.thread for request in requests} == {place.address}


async def test_photos_with_a_mention_are_added_to_the_draft_they_are_sent_under(over_http: Inbound):
    mia = over_http.person()
    card = await over_http.card()
    place = Place(over_http.team, over_http.studio.id, card.ts)
    over_http.things.drafts["1"] = OpenDraft(place.address.thread, ())
    await mia.mention(card, "here is one more", files=[PHOTO])
    await over_http.arrived(AddPhotosRequest)
    await over_http.all_told("message", "app_mention")
    assert len(over_http.acceptor.requests) == 1


async def test_what_people_send_each_other_is_none_of_our_business(inbound: Inbound):
    mia = inbound.person()
    message = await mia.say(inbound.studio, "look", files=[PHOTO])
    await mia.say(message, "and another", files=[OTHER])
    await mia.say(inbound.studio, "train product shoes")
    await mia.edit(message, "look here")
    await mia.delete(message)
    await inbound.all_told("message")
    assert inbound.acceptor.requests == []
    assert [each for each in inbound.studio.messages.values() if each.is_ephemeral] == []


async def test_our_own_messages_are_not_taken_for_somebodys(over_http: Inbound):
    over_http.things.drafts["1"] = OpenDraft("", ())
    card = await over_http.card(("Start", "draft:1:start"))
    await over_http.card(thread=card)
    await over_http.all_told("message")
    assert over_http.acceptor.requests == []


async def test_a_file_that_is_no_picture_is_no_photo(over_http: Inbound):
    mia = over_http.person()
    card = await over_http.card()
    place = Place(over_http.team, over_http.studio.id, card.ts)
    over_http.things.drafts["1"] = OpenDraft(place.address.thread, ())
    await mia.say(card, files=[File("notes.txt", b"notes")])
    await over_http.all_told("message")
    assert over_http.acceptor.requests == []


async def test_in_a_direct_message_no_mention_is_needed(inbound: Inbound):
    mia = inbound.person()
    talk = mia.direct_channel()
    await mia.say(talk, "models shoes")
    [request] = await inbound.arrived(ModelsRequest)
    assert request.search == "shoes"
    assert request.requester.thread == Place(inbound.team, talk.id).address
    await inbound.all_told("message")


async def test_a_direct_message_that_mentions_us_all_the_same_is_one_request(over_http: Inbound):
    mia = over_http.person()
    await mia.mention(mia.direct_channel(), "edit @ada", files=[PHOTO])
    [request] = await over_http.arrived(EditRequest)
    assert (request.name, len(request.attachments)) == ("ada", 1)
    await over_http.all_told("message", "app_mention")
    assert len(over_http.acceptor.requests) == 1


async def test_photos_without_a_word_are_asked_what_they_are(over_http: Inbound):
    mia = over_http.person()
    talk = mia.direct_channel()
    await mia.say(talk, files=[PHOTO])
    await over_http.fake.until(lambda: over_http.fake.message_with(HOW_TO_TRAIN[:40], talk))
    assert over_http.acceptor.requests == []


async def test_the_same_message_told_again_is_one_request(inbound: Inbound):
    inbound.fake.faults.duplicate_event("app_mention")
    inbound.fake.faults.retry_event("app_mention")
    await inbound.person().mention(inbound.studio, "@ada at sea")
    await inbound.fake.until(lambda: inbound.acceptor.calls.qsize() == 3)
    assert inbound.only(ImagineRequest).prompt == "@ada at sea"


async def test_what_could_not_be_written_down_is_told_again_by_slack(inbound: Inbound):
    inbound.is_store_down = True
    mia, clock = inbound.person(), inbound.fake.clock
    await mia.mention(inbound.studio, "@ada at sea")
    [told] = inbound.fake.told("app_mention")
    over_http = inbound.fake.http.is_used
    if not over_http:  # over a socket there is no status: silence says it
        await inbound.fake.until(lambda: len(told.attempts) == 1)
        clock.advance(seconds=4)
    await inbound.fake.until(lambda: len(told.attempts) == 2)
    if not over_http:
        clock.advance(seconds=4)
    await inbound.fake.until(lambda: told.retry_at is not None and len(told.attempts) == 2)
    inbound.is_store_down = False
    clock.advance(minutes=1)
    [request] = await inbound.arrived(ImagineRequest)
    assert request.prompt == "@ada at sea"


async def test_when_slack_gives_up_telling_the_author_is_told(over_http: Inbound):
    over_http.is_store_down = True
    mia, clock = over_http.person(), over_http.fake.clock
    await mia.mention(over_http.studio, "@ada at sea")
    [told] = over_http.fake.told("app_mention")
    for attempts in (2, 3):
        await over_http.fake.until(lambda: len(told.attempts) == attempts and told.retry_at is not None)  # noqa: B023
        clock.advance(minutes=5)
    await over_http.whispered(mia, STORE_IS_AWAY)
    assert over_http.acceptor.requests == []


async def test_private_channels_are_heard_too(over_http: Inbound):
    secret = over_http.fake.channel("secret", is_private=True)
    mia = over_http.person()
    over_http.fake.join(secret, mia)
    message = await mia.mention(secret, "train product boots", files=[PHOTO])
    [request] = await over_http.arrived(TrainRequest)
    assert request.requester.thread == Place(over_http.team, secret.id, message.ts).address


async def test_a_guest_of_a_shared_channel_acts_in_the_hosts_workspace(over_http: Inbound):
    guest = over_http.fake.guest("guest", over_http.studio)
    await guest.mention(over_http.studio, "@summer-shoes at sea")
    [request] = await over_http.arrived(ImagineRequest)
    assert request.requester.workspace == over_http.team
    assert request.requester.user_id == guest.id and not request.requester.is_admin
