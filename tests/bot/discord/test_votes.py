"""Reactions on the bot's own messages."""

from __future__ import annotations

import pytest

from bot.discord.addresses import message_name
from bot.requests import Reaction
from tests.bot.discord.conftest import Inbound


async def test_a_reaction_and_its_withdrawal_arrive_in_order(inbound: Inbound):
    photo = await inbound.card(("Cancel", "draft:1:cancel"))
    ada = inbound.person(roles=[inbound.fake.role("approver")])
    await ada.react(photo, "❌")
    await ada.unreact(photo, "❌")
    await ada.react(photo, "✂️")
    put, taken, other = await inbound.arrived(Reaction, 3)
    name = message_name(inbound.studio.id, photo.id)
    assert (put.message, put.emoji, put.is_withdrawn, put.is_bot) == (name, "❌", False, False)
    assert (taken.message, taken.emoji, taken.is_withdrawn) == (name, "❌", True)
    assert (other.emoji.rstrip("\ufe0f"), other.is_withdrawn) == ("✂", False)
    assert put.requester.thread.thread == str(inbound.studio.id)
    role = str(inbound.fake.role("approver").id)
    assert role in put.requester.roles
    assert role in taken.requester.roles, "a withdrawal counts by the same right"


async def test_putting_it_on_again_is_a_reaction_of_its_own(inbound: Inbound):
    photo = await inbound.card(("Cancel", "draft:1:cancel"))
    ada = inbound.person()
    await ada.react(photo, "✅")
    await ada.unreact(photo, "✅")
    await ada.react(photo, "✅")
    await inbound.arrived(Reaction, 3)
    assert len(set(inbound.acceptor.by_event)) == 3


async def test_the_same_event_told_twice_is_one(inbound: Inbound):
    photo = await inbound.card(("Cancel", "draft:1:cancel"))
    ada = inbound.person()
    inbound.fake.faults.duplicate_event("MESSAGE_REACTION_ADD")
    await ada.react(photo, "✅")
    await ada.react(photo, "❌")
    first, second = await inbound.arrived(Reaction, 2)
    assert (first.emoji, second.emoji) == ("✅", "❌")


async def test_a_reaction_while_the_line_was_cut_is_told_when_it_is_back(
    inbound: Inbound, quick_retries: list[float]
):
    photo = await inbound.card(("Cancel", "draft:1:cancel"))
    ada = inbound.person()
    await ada.react(photo, "✅")
    await inbound.arrived(Reaction)
    await inbound.fake.faults.drop_connection()
    await ada.react(photo, "❌")
    _, missed = await inbound.arrived(Reaction, 2)
    assert missed.emoji == "❌"


async def test_only_a_new_session_has_to_catch_up(inbound: Inbound, quick_retries: list[float]):
    sessions: list[str] = []

    async def begun() -> None:
        sessions.append("begun")

    assert inbound.client is not None
    await inbound.client.wait_until_ready()
    inbound.client.after_new_session = begun
    await inbound.fake.faults.drop_connection()
    await inbound.fake.until(lambda: inbound.fake.gateway.is_connected)
    await inbound.person().slash(inbound.studio, "jobs")
    assert sessions == []

    await inbound.fake.faults.invalidate_session()
    await inbound.fake.until(lambda: sessions)


async def test_over_several_connections_everything_arrives(inbound: Inbound, quick_retries: list[float]):
    await inbound.stop()
    inbound.fake.clock.advance(seconds=1)
    inbound.fake.shard_count = 2
    branch = inbound.fake.add_guild("Branch")
    await inbound.start(shard_count=2)
    assert inbound.client is not None
    await inbound.client.wait_until_ready()
    ada, bob = inbound.person(), inbound.person("bob", guild=branch)
    there = inbound.fake.channel("lounge", branch)
    await bob.react(await inbound.card(("Cancel", "x"), channel=there), "✅")
    await ada.react(await inbound.card(("Cancel", "x")), "✅")
    await ada.react(await inbound.card(("Cancel", "x"), channel=ada.direct_channel()), "✅")
    requests = await inbound.arrived(Reaction, 3)
    workspaces = {request.requester.workspace for request in requests}
    assert workspaces == {str(branch.id), str(inbound.fake.guild.id), f"dm-{ada.id}"}


async def test_what_decides_nothing_is_left_alone(inbound: Inbound):
    photo = await inbound.card(("Cancel", "draft:1:cancel"))
    ada = inbound.person()
    own = await ada.say(inbound.studio, "lunch?")
    await ada.react(own, "✅")
    await ada.unreact(own, "✅")
    await ada.react(photo, "🎉")
    assert inbound.client is not None
    await inbound.client.http.add_reaction(inbound.studio.id, photo.id, "✅")
    await ada.react(photo, "✅")
    [request] = await inbound.arrived(Reaction)
    assert request.requester.user_id == str(ada.id)


async def test_in_a_thread_that_was_asleep_the_channel_is_found(inbound: Inbound):
    ada = inbound.person()
    thread = await ada.start_thread(inbound.studio, "Mugs")
    photo = await inbound.card(("Cancel", "draft:1:cancel"), channel=thread)
    await ada.react(photo, "✅")
    [request] = await inbound.arrived(Reaction)
    assert request.requester.thread.thread == f"{inbound.studio.id}/{thread.id}"


async def test_an_admins_reaction_says_so(inbound: Inbound):
    photo = await inbound.card(("Cancel", "draft:1:cancel"))
    await inbound.person("root", is_admin=True).react(photo, "✅")
    [request] = await inbound.arrived(Reaction)
    assert request.requester.is_admin


async def test_in_direct_messages_the_one_person_decides(inbound: Inbound):
    ada = inbound.person()
    photo = await inbound.card(("Cancel", "draft:1:cancel"), channel=ada.direct_channel())
    await ada.react(photo, "✅")
    [request] = await inbound.arrived(Reaction)
    assert (request.requester.workspace, request.requester.is_admin) == (f"dm-{ada.id}", True)


async def test_a_bug_ends_this_life_so_that_another_begins(inbound: Inbound, monkeypatch: pytest.MonkeyPatch):
    async def broken(*args: object) -> None:
        raise KeyError("a secret prototype")

    photo = await inbound.card(("Cancel", "draft:1:cancel"))
    monkeypatch.setattr("bot.discord.votes.Votes._hand_on", broken)
    await inbound.person().react(photo, "✅")
    assert inbound.client is not None
    await inbound.fake.until(inbound.client.is_closed)
