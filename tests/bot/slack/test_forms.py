"""Forms: what opens them, what they ask, and what a filled-in form comes to."""

from __future__ import annotations

from bot.doors import KnownModel, OpenDraft, PeopleInCharge
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
from bot.slack.addresses import FileAddress, Place
from bot.slack.hearing import FORM_NOT_OPENED, SOMETHING_BROKE, STORE_IS_AWAY
from core.rules.kinds import ModelKind
from core.store.records import new_id
from tests.bot.slack.conftest import Inbound, is_private_reply
from tests.fakes.slack import TIMEOUT, File, refusal

PHOTO, OTHER = File("side.jpg", b"a photo"), File("top.jpg", b"another")
DRAFT = new_id()


async def test_training_opens_a_form_with_what_was_typed(inbound: Inbound):
    mia = inbound.person()
    asked = await mia.slash(inbound.studio, "/train", "product Summer Shoes class: sneaker")
    form = await asked.opened()
    assert form.title == "Train a model"
    assert "One great photo beats one great and two poor" in form.text()
    labels = ["What is it?", "Name", "Which kind of thing?", "Photos", "Lasting features"]
    assert [field.label for field in form.fields] == [*labels, "How thoroughly to train"]
    assert inbound.acceptor.requests == []

    sent = await mia.submit(form, {"Photos": [PHOTO, OTHER]})
    request = inbound.only(TrainRequest)
    assert (request.kind, request.name, request.class_noun) == (ModelKind.PRODUCT, "Summer Shoes", "sneaker")
    assert [attachment.filename for attachment in request.attachments] == ["side.jpg", "top.jpg"]
    address = FileAddress.read(request.attachments[0].address)
    assert address.workspace == inbound.team and address.url.startswith(inbound.fake.address)
    assert request.requester.thread == Place(inbound.team, inbound.studio.id).address
    assert request.requester.reply_token == asked.response_url
    assert sent.is_acknowledged and not form.is_open


async def test_a_form_says_what_is_missing_and_keeps_what_was_typed(over_http: Inbound):
    mia = over_http.person()
    form = await (await mia.slash(over_http.studio, "/train")).opened()
    sent = await mia.submit(form, {"What is it?": "Product", "Name": "Mug", "Photos": [PHOTO]})
    assert list(sent.errors) == ["Which kind of thing?"] and form.is_open
    await mia.submit(form, {"Which kind of thing?": "mug"})
    assert over_http.only(TrainRequest).name == "Mug"


async def test_the_form_of_a_character_takes_lasting_features(over_http: Inbound):
    mia = over_http.person()
    form = await (await mia.slash(over_http.studio, "/train", "character")).opened()
    filled_in = {
        "Name": "Ada",
        "Which kind of thing?": "woman",
        "Photos": [PHOTO] * 10,
        "Lasting features": "round glasses, bob",
        "How thoroughly to train": "Quick: a rough first look",
    }
    await mia.submit(form, filled_in)
    request = over_http.only(TrainRequest)
    assert (request.kind, request.customizations, request.preset) == (
        ModelKind.CHARACTER,
        "round glasses, bob",
        "quick",
    )
    assert len(request.attachments) == 10


async def test_the_base_is_asked_for_where_there_are_several(over_http: Inbound):
    over_http.settings = over_http.settings.model_copy(update={"bases": ("tiny", "flux")})
    await over_http.start()
    mia = over_http.person()
    form = await (await mia.slash(over_http.studio, "/train", "style Noir base: flux")).opened()
    await mia.submit(form, {"Photos": [PHOTO] * 5})
    request = over_http.only(TrainRequest)
    assert (request.kind, request.base_model, request.class_noun) == (ModelKind.STYLE, "flux", "")


async def test_a_form_that_was_open_over_a_restart_still_counts(inbound: Inbound):
    mia = inbound.person()
    form = await (await mia.slash(inbound.studio, "/train", "product Mug class: mug")).opened()
    await inbound.start()
    await mia.submit(form, {"Photos": [PHOTO]})
    assert inbound.only(TrainRequest).name == "Mug"


async def test_a_form_that_is_closed_costs_nothing(inbound: Inbound):
    mia = inbound.person()
    form = await (await mia.slash(inbound.studio, "/train", "product Mug")).opened()
    await mia.close(form)
    assert mia.view is None and inbound.acceptor.requests == []
    again = await (await mia.slash(inbound.studio, "/train", "product Mug")).opened()
    assert again.is_open


async def test_a_form_that_was_sent_twice_is_one_request(over_sockets: Inbound):
    mia = over_sockets.person()
    form = await (await mia.slash(over_sockets.studio, "/imagine")).opened()
    over_sockets.fake.faults.duplicate_event("view_submission")
    await mia.submit(form, {"What should it show?": "a mug"})
    await over_sockets.fake.until(lambda: over_sockets.acceptor.calls.qsize() == 2)
    assert over_sockets.only(ImagineRequest).prompt == "a mug"


async def test_while_the_store_is_away_the_form_stays_with_all_that_was_typed(inbound: Inbound):
    mia = inbound.person()
    form = await (await mia.slash(inbound.studio, "/train", "product Mug class: mug")).opened()
    inbound.is_store_down = True
    sent = await mia.submit(form, {"Photos": [PHOTO]})
    assert list(sent.errors.values()) == [STORE_IS_AWAY] and form.is_open
    inbound.is_store_down = False
    await mia.submit(form)
    assert inbound.only(TrainRequest).name == "Mug"


async def test_a_bug_keeps_the_form_open_too(over_http: Inbound, monkeypatch):
    mia = over_http.person()
    form = await (await mia.slash(over_http.studio, "/imagine")).opened()
    form.definition["private_metadata"] = '{"thread": "T1/C1", "reply": "", "model": 7}'
    monkeypatch.setattr(over_http.listener._hearing._commands, "submission", None)
    sent = await mia.submit(form, {"What should it show?": "a mug"})
    assert list(sent.errors.values()) == [SOMETHING_BROKE]


async def test_a_trigger_that_has_expired_is_said(inbound: Inbound):
    inbound.fake.faults.next("views.open", refusal("expired_trigger_id"))
    mia = inbound.person()
    asked = await mia.slash(inbound.studio, "/train")
    assert is_private_reply(asked, FORM_NOT_OPENED)
    assert await (await mia.slash(inbound.studio, "/train")).opened()


async def test_a_form_that_takes_too_long_is_given_up_before_the_acknowledgement_is_due(
    over_http: Inbound, monkeypatch
):
    monkeypatch.setattr("bot.slack.saying.OPEN_SECONDS", 0.05)
    over_http.fake.faults.next("views.open", TIMEOUT)
    card = await over_http.card(("Try it", "model:ada:try"))
    mia = over_http.person()
    pressed = await mia.press(card, "Try it")
    assert pressed.is_acknowledged
    reply = await pressed.replied()
    assert FORM_NOT_OPENED in reply.text() and reply.only_for is mia.user


async def test_deleting_asks_for_the_name_once_more(over_http: Inbound):
    mia = over_http.person()
    form = await (await mia.slash(over_http.studio, "/delete", "@summer-shoes")).opened()
    assert "cannot be undone" in form.text() and over_http.acceptor.requests == []
    await mia.submit(form, {"To go on, type summer-shoes": "summer-shoes"})
    request = over_http.only(DeleteRequest)
    assert (request.name, request.confirmation) == ("summer-shoes", "summer-shoes")


async def test_deleting_without_a_name_asks_for_both(over_http: Inbound):
    mia = over_http.person()
    form = await (await mia.slash(over_http.studio, "/delete")).opened()
    await mia.submit(form, {"Which model?": "@ada · character", "To go on, type its name": "@ada"})
    request = over_http.only(DeleteRequest)
    assert (request.name, request.confirmation) == ("ada", "ada")


async def test_editing_without_a_name_asks_for_it(over_http: Inbound):
    mia = over_http.person()
    form = await (await mia.slash(over_http.studio, "/edit")).opened()
    wrong = await mia.submit(form, {"Which model?": "@ada · character", "Numbers of photos to remove": "two"})
    assert list(wrong.errors) == ["Numbers of photos to remove"]
    await mia.submit(form, {"Photos to add": [PHOTO], "Numbers of photos to remove": "2-3"})
    request = over_http.only(EditRequest)
    assert (request.name, len(request.attachments), request.remove) == ("ada", 1, (2, 3))


async def test_painting_without_words_asks_for_them(over_http: Inbound):
    mia = over_http.person()
    form = await (await mia.slash(over_http.studio, "/imagine")).opened()
    wrong = await mia.submit(form, {"What should it show?": "@ada\nat sea", "Seed": "seven"})
    assert list(wrong.errors) == ["Seed"]
    await mia.submit(form, {"How many pictures?": "3", "Seed": "7"})
    request = over_http.only(ImagineRequest)
    assert (request.prompt, request.count, request.seed) == ("@ada\nat sea", 3, 7)


async def test_models_are_chosen_for_a_picture_without_knowing_how_they_are_written(over_http: Inbound):
    mia = over_http.person()
    form = await (await mia.slash(over_http.studio, "/imagine")).opened()
    offered = await mia.suggest(form, "models")
    assert [label.partition(" ")[0] for label in offered] == ["@ada", "@summer-shoes", "@demo-loafer"]
    chosen = {"Models": ["ada", "summer-shoes"]}
    await mia.submit(form, {**chosen, "What should it show?": "@ada at a picnic"})
    assert over_http.only(ImagineRequest).prompt == "@summer-shoes @ada at a picnic"


async def test_hundreds_of_models_are_searched(inbound: Inbound):
    inbound.things.models = [
        KnownModel(f"mug-{number:03}", f"Mug {number:03}", ModelKind.PRODUCT, is_ready=True)
        for number in range(400)
    ]
    mia = inbound.person()
    form = await (await mia.slash(inbound.studio, "/edit")).opened()
    assert len(await mia.suggest(form, "model")) == 100
    assert await mia.suggest(form, "model", "mug-399") == ["@mug-399 · product · Mug 399"]
    inbound.things.is_down = True
    assert await mia.suggest(form, "model", "mug") == []


async def test_photos_are_added_to_a_draft_by_its_button(inbound: Inbound):
    thread = f"{inbound.team}/{inbound.studio.id}/1700000000.000100"
    inbound.things.drafts[DRAFT] = OpenDraft(thread, ())
    card = await inbound.card(("Add photos", f"draft:{DRAFT}:add"))
    mia = inbound.person()
    form = await (await mia.press(card, "Add photos")).opened()
    await mia.submit(form, {"Photos": [PHOTO, OTHER]})
    request = inbound.only(AddPhotosRequest)
    assert len(request.attachments) == 2
    assert request.requester.thread.thread == thread, "the draft's, wherever its card stands"


async def test_a_draft_that_is_over_opens_no_form(over_http: Inbound):
    card = await over_http.card(
        ("Add photos", f"draft:{DRAFT}:add"), ("Edit captions", f"draft:{DRAFT}:captions")
    )
    mia = over_http.person()
    assert (await mia.press(card, "Add photos")).view is None
    assert (await mia.press(card, "Edit captions")).view is None
    actions = [press.action for press in await over_http.arrived(ButtonPress, 2)]
    assert actions == [f"draft:{DRAFT}:add", f"draft:{DRAFT}:captions"]


async def test_forty_captions_are_edited_in_one_form(over_http: Inbound):
    thread = f"{over_http.team}/{over_http.studio.id}/1700000000.000100"
    captions = tuple(f"style, picture {number}" for number in range(1, 41))
    over_http.things.drafts[DRAFT] = OpenDraft(thread, captions)
    card = await over_http.card(("Edit captions", f"draft:{DRAFT}:captions"))
    mia = over_http.person()
    form = await (await mia.press(card, "Edit captions")).opened()
    await mia.submit(form, {"Photo 40": "style, a harbour"})
    request = over_http.only(CaptionsRequest)
    assert len(request.captions) == 40
    assert request.captions[0] == (1, "style, picture 1")
    assert request.captions[-1] == (40, "style, a harbour")
    assert request.requester.thread.thread == thread


async def test_photos_of_a_model_are_added_and_removed_by_buttons(over_http: Inbound):
    over_http.things.photos["summer-shoes"] = tuple(f"shoe, view {number}" for number in range(1, 31))
    card = await over_http.card(
        ("Add photos", "model:summer-shoes:add"), ("Remove photos", "model:summer-shoes:remove")
    )
    mia = over_http.person()
    await mia.submit(await (await mia.press(card, "Add photos")).opened(), {"Photos": [PHOTO]})
    removing = await (await mia.press(card, "Remove photos")).opened()
    await mia.submit(removing, {"Photos to remove": ["Photo 2", "Photo 30"]})
    added, removed = await over_http.arrived(EditRequest, 2)
    assert (added.name, len(added.attachments)) == ("summer-shoes", 1)
    assert (removed.name, removed.remove) == ("summer-shoes", (2, 30))


async def test_a_model_that_is_ready_is_tried_from_its_card(over_http: Inbound):
    card = await over_http.card(("Try it", "model:ada:try"), ("Delete", "model:ada:delete"))
    mia = over_http.person()
    form = await (await mia.press(card, "Try it")).opened()
    await mia.submit(form, {"How many pictures?": "2"})
    request = over_http.only(ImagineRequest)
    assert (request.prompt, request.count) == ("@ada on a beach", 2)
    assert request.requester.thread == Place(over_http.team, over_http.studio.id, card.ts).address
    assert (await (await mia.press(card, "Delete")).opened()).title == "Delete @ada"


async def test_admins_change_the_rules_in_a_form(over_http: Inbound):
    boss, mia = over_http.person("boss", is_admin=True), over_http.person()
    leads = over_http.fake.user_group("leads", [mia])
    over_http.things.rules = PeopleInCharge(
        2, (mia.id, "S00GONE", "lee", over_http.studio.id), (leads.id,), has_private_threads=False
    )
    brand = over_http.fake.channel("brand", is_private=True)
    form = await (await boss.slash(over_http.studio, "/settings")).opened()
    assert form.field("quorum").element["initial_value"] == "2"
    assert form.field("approvers").element["initial_users"] == [mia.id]
    assert form.field("approvers-channels").element["initial_conversations"] == [over_http.studio.id]

    wrong = await boss.submit(form, {"quorum": "x"})
    assert list(wrong.errors) == ["How many of them have to agree"]
    in_private = {
        "quorum": "3",
        "Who may train, edit and delete": [boss],
        "Where new models are made": "In direct messages with its author",
    }
    alone = await boss.submit(form, in_private)
    assert "more than one person cannot agree" in alone.errors["How many of them have to agree"]
    await boss.submit(form, {"quorum": "1", "approvers-channels": [brand]})
    request = over_http.only(SettingsRequest)
    assert (request.quorum, request.has_private_threads) == (1, True)
    assert request.trainers == (boss.id, leads.id)
    assert request.approvers == (mia.id, brand.id, "S00GONE", "lee"), "whom the form cannot show stays"
    assert request.requester.is_admin


async def test_the_form_of_the_rules_comes_up_without_the_groups_where_they_cannot_be_read(
    over_http: Inbound,
):
    boss = over_http.person("boss", is_admin=True)
    over_http.things.rules = PeopleInCharge(1, ("S00LEADS",), (), has_private_threads=True)
    over_http.fake.faults.take_scope("usergroups:read")
    form = await (await boss.slash(over_http.studio, "/settings")).opened()
    await boss.submit(form)
    request = over_http.only(SettingsRequest)
    assert (request.approvers, request.has_private_threads) == (("S00LEADS",), True)
