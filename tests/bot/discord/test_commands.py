"""Slash commands, from what a person types to the request that is written down."""

from __future__ import annotations

from bot.discord.addresses import ReplyToken, TokenKind
from bot.requests import (
    CreditsRequest,
    DeleteRequest,
    EditRequest,
    ImagineRequest,
    JobsRequest,
    ModelsRequest,
    SettingsRequest,
    TrainRequest,
)
from core.rules.kinds import ModelKind
from tests.bot.discord.conftest import Inbound, is_private_reply
from tests.fakes.discord import Answer, File

PHOTO = File("side view.jpg", b"a photo")


async def test_training_with_photos_is_written_down_and_heard_before_anything_is_fetched(inbound: Inbound):
    before = len(inbound.fake.requests)
    asked = await inbound.person().slash(
        inbound.studio,
        "train",
        type="character",
        name="Ada",
        **{"class": "woman"},
        image1=PHOTO,
        image3=File("close up.png", b"another"),
        features="round glasses",
        preset="Quick: a rough first look",
    )

    request = inbound.only(TrainRequest)
    assert (request.kind, request.name, request.class_noun) == (ModelKind.CHARACTER, "Ada", "woman")
    assert (request.customizations, request.preset) == ("round glasses", "quick")
    assert [attachment.filename for attachment in request.attachments] == ["side_view.jpg", "close_up.png"]
    assert asked.acknowledgement is Answer.MESSAGE_LATER
    assert asked.response is not None and asked.response.is_ephemeral and asked.response.is_thinking
    assert asked.acked_within == 0
    [acknowledgement] = inbound.fake.requests[before:]
    assert acknowledgement.path.endswith("/callback"), "nothing is fetched or posted before"


async def test_a_request_says_who_asks_and_where_and_how_to_answer_them(inbound: Inbound):
    role = inbound.fake.role("brand")
    ada = inbound.person(roles=[role])
    asked = await ada.slash(inbound.studio, "jobs")

    requester = inbound.only(JobsRequest).requester
    assert requester.platform == "discord"
    assert requester.workspace == str(inbound.fake.guild.id)
    assert (requester.user_id, requester.display_name, requester.is_admin) == (str(ada.id), "Ada", False)
    assert str(role.id) in requester.roles
    assert requester.thread.thread == str(inbound.studio.id)
    token = ReplyToken.read(requester.reply_token)
    assert token == ReplyToken(TokenKind.SLASH, asked.id, asked.token)


async def test_an_admin_is_whoever_manages_the_server(inbound: Inbound):
    await inbound.person("root", is_admin=True).slash(inbound.studio, "jobs")
    assert inbound.only(JobsRequest).requester.is_admin


async def test_in_a_thread_the_address_names_its_channel_too(inbound: Inbound):
    ada = inbound.person()
    thread = await ada.start_thread(inbound.studio, "Mugs")
    await ada.slash(thread, "jobs")
    assert inbound.only(JobsRequest).requester.thread.thread == f"{inbound.studio.id}/{thread.id}"


async def test_direct_messages_are_a_workspace_of_ones_own(inbound: Inbound):
    ada = inbound.person()
    await ada.slash(ada.direct_channel(), "imagine", prompt="a red mug")
    requester = inbound.only(ImagineRequest).requester
    assert (requester.workspace, requester.is_admin) == (f"dm-{ada.id}", True)
    assert requester.thread.thread == str(ada.direct_channel().id)


async def test_pictures_with_every_option(inbound: Inbound):
    inbound.settings = inbound.settings.model_copy(update={"bases": ("sdxl", "tiny")})
    await inbound.start()
    await inbound.person().slash(
        inbound.studio,
        "imagine",
        prompt="@ada at a picnic",
        count=3,
        aspect="Widescreen 16:9",
        seed=8112,
        steps=20,
        guidance=4.5,
        negative="rain",
    )
    request = inbound.only(ImagineRequest)
    assert (request.prompt, request.count, request.aspect) == ("@ada at a picnic", 3, "16:9")
    assert (request.seed, request.steps, request.guidance, request.negative) == (8112, 20, 4.5, "rain")


async def test_a_shape_is_asked_for_only_where_a_base_has_several(inbound: Inbound):
    [imagine] = [each for each in inbound.fake.registered_commands(None) if each["name"] == "imagine"]
    assert "aspect" not in [option["name"] for option in imagine["options"]]


async def test_a_name_that_discord_made_a_mention_of_is_still_the_model(inbound: Inbound):
    bob, ada = inbound.person("bob"), inbound.person("ada")
    await bob.slash(inbound.studio, "imagine", prompt=f"{ada.mention} and {bob.mention} at a picnic")
    assert inbound.only(ImagineRequest).prompt == "@ada and @Bob at a picnic"


async def test_a_role_that_was_mentioned_is_a_name_too(inbound: Inbound):
    role = inbound.fake.role("Summer Shoes")
    await inbound.person().slash(inbound.studio, "imagine", prompt=f"{role.mention} on a beach")
    assert inbound.only(ImagineRequest).prompt == "@summer-shoes on a beach"


async def test_somebody_who_cannot_be_found_stays_as_discord_wrote_them(inbound: Inbound):
    await inbound.person().slash(inbound.studio, "imagine", prompt="<@4711> on a beach")
    assert inbound.only(ImagineRequest).prompt == "<@4711> on a beach"


async def test_editing_with_photos_and_numbers(inbound: Inbound):
    await inbound.person().slash(inbound.studio, "edit", name="@summer-shoes", image1=PHOTO, remove="2, 5-7")
    request = inbound.only(EditRequest)
    assert (request.name, request.remove, len(request.attachments)) == ("summer-shoes", (2, 5, 6, 7), 1)


async def test_numbers_that_are_none_are_said_and_nothing_happens(inbound: Inbound):
    asked = await inbound.person().slash(inbound.studio, "edit", name="summer-shoes", remove="the blurry one")
    assert is_private_reply(asked, "Write the numbers of the photos")
    assert inbound.acceptor.requests == []


async def test_editing_with_nothing_asks_for_the_photos(inbound: Inbound):
    await inbound.person().slash(inbound.studio, "edit", name="summer-shoes")
    request = inbound.only(EditRequest)
    assert (request.attachments, request.remove) == ((), ())


async def test_deleting_with_the_name_typed_twice_needs_no_form(inbound: Inbound):
    await inbound.person().slash(inbound.studio, "delete", name="ada", confirm="@ada")
    request = inbound.only(DeleteRequest)
    assert (request.name, request.confirmation) == ("ada", "ada")


async def test_deleting_what_is_not_there_opens_no_form(inbound: Inbound):
    asked = await inbound.person().slash(inbound.studio, "delete", name="sumer-shoes")
    assert asked.modal is None
    assert inbound.only(DeleteRequest).name == "sumer-shoes"


async def test_lists_and_credits(inbound: Inbound):
    ada = inbound.person()
    await ada.slash(inbound.studio, "models", search="shoe")
    await ada.slash(inbound.studio, "jobs")
    await ada.slash(inbound.studio, "credits")
    models, jobs, credits = inbound.acceptor.requests
    assert isinstance(models, ModelsRequest) and models.search == "shoe"
    assert isinstance(jobs, JobsRequest)
    assert isinstance(credits, CreditsRequest)


async def test_settings_take_people_and_roles(inbound: Inbound):
    lead, kim = inbound.fake.role("brand lead"), inbound.person("kim")
    root = inbound.person("root", is_admin=True)
    await root.slash(inbound.studio, "settings", quorum=2, approver=lead, trainer=kim, private=True)
    request = inbound.only(SettingsRequest)
    assert (request.quorum, request.has_private_threads) == (2, True)
    assert (request.more_approvers, request.more_trainers) == ((str(lead.id),), (str(kim.id),))
    assert (request.approvers, request.trainers) == (None, None)


async def test_an_event_that_comes_twice_is_one_request(inbound: Inbound):
    inbound.fake.faults.duplicate_interaction()
    await inbound.person().slash(inbound.studio, "imagine", prompt="a red mug")
    calls = [await inbound.acceptor.calls.get() for _ in range(2)]
    assert calls[0] == calls[1]
    assert len(inbound.acceptor.requests) == 1


async def test_while_nothing_can_be_written_down_the_person_is_told(inbound: Inbound):
    inbound.is_store_down = True
    asked = await inbound.person().slash(inbound.studio, "imagine", prompt="a red mug")
    assert is_private_reply(asked, "cannot write anything down right now")
    assert inbound.acceptor.requests == []


async def test_where_the_bot_is_no_member_one_sentence_says_how_to_add_it(inbound: Inbound):
    elsewhere = inbound.fake.add_guild("Elsewhere", has_bot=False)
    bob = inbound.person("bob", guild=elsewhere)
    asked = await bob.slash(inbound.fake.channel("lounge", elsewhere), "imagine", prompt="a red mug")
    assert is_private_reply(asked, f"client_id={inbound.fake.application_id}")
    assert "direct message" in asked.text()
    assert inbound.acceptor.requests == []


async def test_a_bug_of_ours_is_said_and_not_left_to_discord(inbound: Inbound, monkeypatch):
    async def broken(*args: object) -> None:
        raise KeyError("a secret prototype")

    monkeypatch.setattr(inbound, "accept", broken)
    await inbound.start()
    asked = await inbound.person().slash(inbound.studio, "jobs")
    assert is_private_reply(asked, "Something went wrong on my side")
    assert "prototype" not in asked.text()
