"""Slash commands: each acts on its text, or opens a form."""

from __future__ import annotations

import pytest

from bot.doors import PeopleInCharge
from bot.requests import (
    CreditsRequest,
    DeleteRequest,
    EditRequest,
    ImagineRequest,
    JobsRequest,
    ModelsRequest,
    SettingsRequest,
)
from bot.slack.addresses import Place
from bot.slack.hearing import STORE_IS_AWAY
from tests.bot.slack.conftest import Inbound, is_private_reply
from tests.fakes.slack import TIMEOUT, Person, server_error


async def test_a_prompt_is_written_down_and_acknowledged(inbound: Inbound):
    mia = inbound.person()
    asked = await mia.slash(inbound.studio, "/imagine", "@summer-shoes on a beach count: 4 seed: 7")
    request = inbound.only(ImagineRequest)
    assert (request.prompt, request.count, request.seed) == ("@summer-shoes on a beach", 4, 7)
    assert request.requester.thread == Place(inbound.team, inbound.studio.id).address
    assert (request.requester.user_id, request.requester.display_name) == (mia.id, "mia")
    assert request.requester.workspace == inbound.team
    assert request.requester.reply_token == asked.response_url
    assert asked.acked_within == 0
    assert asked.replies == [], "the answer comes later, from elsewhere"


async def test_signs_that_slack_rewrites_come_back_as_they_were_typed(inbound: Inbound):
    await inbound.person().slash(
        inbound.studio, "/imagine", "@ada &amp; a <https://a.example|shop> sign that says “5 &lt; 6”"
    )
    assert inbound.only(ImagineRequest).prompt == '@ada & a shop sign that says "5 < 6"'


@pytest.mark.parametrize(
    ("command", "text", "kind"),
    [
        ("/models", "shoes", ModelsRequest),
        ("/jobs", "", JobsRequest),
        ("/credits", "", CreditsRequest),
        ("/settings", "", SettingsRequest),
        ("/edit", "@summer-shoes", EditRequest),
        ("/likeness", "models shoes", ModelsRequest),
        ("/likeness", "/jobs", JobsRequest),
    ],
)
async def test_short_commands_need_no_form(over_http: Inbound, command: str, text: str, kind: type):
    await over_http.person().slash(over_http.studio, command, text)
    request = over_http.only(kind)
    if isinstance(request, ModelsRequest):
        assert request.search == "shoes"
    if isinstance(request, EditRequest):
        assert request.name == "summer-shoes"


async def test_photos_are_removed_by_their_numbers(over_http: Inbound):
    await over_http.person().slash(over_http.studio, "/edit", "summer-shoes remove: 2, 4-5 preset: quick")
    request = over_http.only(EditRequest)
    assert (request.name, request.remove, request.preset) == ("summer-shoes", (2, 4, 5), "quick")


async def test_a_model_that_is_not_there_is_told_before_a_form_asks_for_its_name(over_http: Inbound):
    asked = await over_http.person().slash(over_http.studio, "/delete", "@sumer-shoes")
    assert over_http.only(DeleteRequest).name == "sumer-shoes"
    assert asked.view is None


async def test_the_last_word_on_deleting_may_be_typed_at_once(over_http: Inbound):
    await over_http.person().slash(over_http.studio, "/delete", "@ada confirm: ada")
    request = over_http.only(DeleteRequest)
    assert (request.name, request.confirmation) == ("ada", "ada")


async def test_everything_is_behind_the_own_command_too(over_http: Inbound):
    await over_http.person().slash(over_http.studio, "/likeness", "@ada in a park")
    assert over_http.only(ImagineRequest).prompt == "@ada in a park"


async def test_a_word_that_is_no_command_is_answered_with_those_that_are(over_http: Inbound):
    mia = over_http.person()
    asked = await mia.slash(over_http.studio, "/likeness", "imagin a mug")
    assert is_private_reply(asked, "Did you mean imagine?")
    assert is_private_reply(asked, "/train")
    assert over_http.acceptor.requests == []


async def test_a_slip_in_an_option_is_said(over_http: Inbound):
    asked = await over_http.person().slash(over_http.studio, "/imagine", "a mug count: many")
    assert is_private_reply(asked, "takes a whole number")
    asked = await over_http.person().slash(over_http.studio, "/edit", "ada colour: red")
    assert is_private_reply(asked, "/likeness help shows what there is.")


async def test_commands_may_have_a_prefix(over_http: Inbound):
    over_http.settings = over_http.settings.model_copy(update={"slack_command_prefix": "studio-"})
    over_http.fake.app.commands = {"/studio-imagine", "/likeness"}
    await over_http.start()
    mia = over_http.person()
    await mia.slash(over_http.studio, "/studio-imagine", "a mug")
    assert over_http.only(ImagineRequest).prompt == "a mug"
    asked = await mia.slash(over_http.studio, "/likeness", "help")
    assert is_private_reply(asked, "/studio-train")


async def test_somebody_who_is_called_like_a_model_is_the_model(inbound: Inbound):
    ada = inbound.person("ada")
    await inbound.person().slash(inbound.studio, "/imagine", f"<@{ada.id}|ada> and {ada.user.mention} at sea")
    assert inbound.only(ImagineRequest).prompt == "@ada and @ada at sea"


async def test_a_user_group_that_is_called_like_a_model_is_the_model(over_http: Inbound):
    group = over_http.fake.user_group("summer-shoes")
    await over_http.person().slash(over_http.studio, "/imagine", f"{group.mention} on grass")
    assert over_http.only(ImagineRequest).prompt == "@summer-shoes on grass"


async def test_while_nothing_can_be_written_down_that_is_said(inbound: Inbound):
    inbound.is_store_down = True
    mia = inbound.person()
    asked = await mia.slash(inbound.studio, "/imagine", "a mug")
    assert is_private_reply(asked, STORE_IS_AWAY)
    inbound.is_store_down, inbound.things.is_down = False, True
    asked = await mia.slash(inbound.studio, "/delete", "@ada")
    assert is_private_reply(asked, STORE_IS_AWAY)
    assert inbound.acceptor.requests == []


async def test_admins_of_this_workspace_are_admins_and_those_of_others_are_not(over_http: Inbound):
    boss = over_http.person("boss", is_admin=True)
    guest = over_http.fake.guest("guest", over_http.studio)
    guest.user.is_admin = True
    await boss.slash(over_http.studio, "/jobs")
    await guest.slash(over_http.studio, "/jobs")
    own, stranger = await over_http.arrived(JobsRequest, 2)
    assert own.requester.is_admin and not stranger.requester.is_admin
    assert stranger.requester.workspace == over_http.team, "a guest acts in the host's workspace"


async def test_user_groups_count_where_the_rules_name_one(over_http: Inbound):
    mia = over_http.person()
    group = over_http.fake.user_group("approvers", [mia])
    await mia.slash(over_http.studio, "/jobs")
    assert over_http.only(JobsRequest).requester.roles == ()
    assert over_http.fake.count("usergroups.list") == 0

    over_http.things.rules = over_http.things.rules.__class__(1, (group.id,), (), has_private_threads=False)
    await mia.slash(over_http.studio, "/jobs")
    await mia.slash(over_http.studio, "/jobs")
    roles = [request.requester.roles for request in await over_http.arrived(JobsRequest, 3)]
    assert roles[1:] == [(group.id,), (group.id,)]
    assert over_http.fake.count("usergroups.list") == 1, "it is known for a minute"


async def roles_of(stand: Inbound, person: Person) -> tuple[str, ...]:
    """Somebody asks for something; return what they are by the rules."""
    before = len(stand.acceptor.requests)
    await person.slash(stand.studio, "/jobs")
    return (await stand.arrived(JobsRequest, before + 1))[-1].requester.roles


async def test_members_of_a_channel_count_where_the_rules_name_it(
    over_http: Inbound, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.slack.people.MEMBERS_AT_ONCE", 2)
    mia, lee, kim = (over_http.person(name) for name in ("mia", "lee", "kim"))
    brand = over_http.fake.channel("brand")
    over_http.fake.leave(brand, kim)
    over_http.things.rules = PeopleInCharge(1, (brand.id,), (), has_private_threads=False)

    assert [await roles_of(over_http, each) for each in (mia, lee, kim)] == [(brand.id,), (brand.id,), ()]
    assert over_http.fake.count("conversations.members") == -(-len(brand.members) // 2), "each page once"
    over_http.fake.join(brand, kim)
    over_http.fake.clock.advance(minutes=2)
    assert await roles_of(over_http, kim) == (brand.id,)


async def test_of_a_private_channel_nobody_counts_until_the_bot_is_invited(over_http: Inbound):
    mia = over_http.person()
    brand = over_http.fake.channel("brand", is_private=True, has_bot=False)
    over_http.things.rules = PeopleInCharge(1, (brand.id,), (), has_private_threads=False)

    assert await roles_of(over_http, mia) == ()
    over_http.fake.join(brand, over_http.fake.workspace.installed.bot)
    assert await roles_of(over_http, mia) == (brand.id,)


async def test_without_the_scope_for_channels_people_are_heard_and_nobody_counts(over_http: Inbound):
    mia = over_http.person()
    group = over_http.fake.user_group("approvers", [mia])
    rules = PeopleInCharge(1, (over_http.studio.id, group.id), (), has_private_threads=False)
    over_http.things.rules = rules
    over_http.fake.faults.take_scope("channels:read")

    assert await roles_of(over_http, mia) == (group.id,)


async def test_who_cannot_be_looked_up_in_time_is_heard_all_the_same(
    over_http: Inbound, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("bot.slack.people.LOOK_UP_SECONDS", 0.05)
    over_http.fake.faults.next("users.info", TIMEOUT)
    boss = over_http.person("boss", is_admin=True)
    asked = await boss.slash(over_http.studio, "/imagine", "a mug")
    requester = over_http.only(ImagineRequest).requester
    assert asked.is_acknowledged
    assert (requester.display_name, requester.is_admin) == ("boss", False)


async def test_what_was_known_of_somebody_lately_stands_in_while_slack_is_unwell(over_http: Inbound):
    boss = over_http.person("boss", is_admin=True)
    await boss.slash(over_http.studio, "/jobs")
    over_http.fake.clock.advance(minutes=12)
    over_http.fake.faults.next("users.info", server_error())
    await boss.slash(over_http.studio, "/jobs")
    over_http.fake.clock.advance(minutes=40)
    over_http.fake.faults.next("users.info", server_error())
    await boss.slash(over_http.studio, "/jobs")
    requests = await over_http.arrived(JobsRequest, 3)
    assert [request.requester.is_admin for request in requests] == [True, True, False]
