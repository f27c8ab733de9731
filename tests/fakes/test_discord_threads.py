"""Threads: started, joined, closed, locked, deleted; and who may do what in them."""

import discord
import pytest


@pytest.fixture
async def thread(channel):
    """A thread that the bot started on a message of its own."""
    message = await channel.send("Red Mug")
    return await message.create_thread(name="Red Mug")


async def test_a_thread_hangs_on_its_message(fake_discord, thread, studio, ada):
    await thread.send(f"{ada.mention} it has begun")
    seen = fake_discord.thread("Red Mug")
    assert seen.id == fake_discord.messages(studio)[0].id
    assert fake_discord.messages(studio)[0].thread is seen
    assert [each.text() for each in fake_discord.messages(seen)] == [f"{ada.mention} it has begun"]
    assert seen.members == {"Likeness", "ada"}, "who is called is let in"


async def test_a_message_has_one_thread(thread, channel):
    message = await channel.fetch_message(thread.id)
    with pytest.raises(discord.HTTPException) as refused:
        await message.create_thread(name="Again")
    assert refused.value.code == 160004


async def test_a_private_thread_is_for_those_who_were_let_in(fake_discord, channel, studio, ada):
    thread = await channel.create_thread(name="Ours", type=discord.ChannelType.private_thread)
    bea = fake_discord.person("bea")
    await thread.add_user(discord.Object(ada.id))
    seen = fake_discord.thread("Ours")
    assert ada.sees(seen) and not bea.sees(seen)
    with pytest.raises(AssertionError, match="bea does not see"):
        await bea.say(seen, "hello")
    await thread.remove_user(discord.Object(ada.id))
    assert not ada.sees(seen)
    assert fake_discord.messages(studio) == []


async def test_a_public_thread_of_its_own_leaves_a_line_in_the_channel(fake_discord, bot, channel, studio):
    await channel.create_thread(name="Open", type=discord.ChannelType.public_thread)
    await fake_discord.until(lambda: bot.heard)
    assert bot.heard[0].type is discord.MessageType.thread_created
    assert fake_discord.messages(studio) == [], "no person wrote it"


async def test_a_closed_thread_opens_for_a_message_and_for_nothing_else(fake_discord, thread):
    message = await thread.send("working")
    seen = fake_discord.thread("Red Mug")
    await fake_discord.faults.archive(seen)
    for attempt in (message.edit(content="done"), message.add_reaction("👍"), message.delete()):
        with pytest.raises(discord.HTTPException) as refused:
            await attempt
        assert refused.value.code == 50083
    await thread.send("done")
    assert not seen.is_archived
    await message.edit(content="done")


async def test_a_closed_and_locked_thread_stays_closed(fake_discord, thread):
    await fake_discord.faults.archive(fake_discord.thread("Red Mug"), is_locked=True)
    with pytest.raises(discord.HTTPException) as refused:
        await thread.send("done")
    assert refused.value.code == 50083


async def test_in_a_locked_thread_nobody_writes_but_moderators(fake_discord, thread):
    message = await thread.send("working")
    await fake_discord.faults.lock(fake_discord.thread("Red Mug"))
    for attempt in (thread.send("done"), message.edit(content="done")):
        with pytest.raises(discord.Forbidden) as refused:
            await attempt
        assert refused.value.code == 50013
    await message.add_reaction("👍")
    await fake_discord.faults.grant("manage_threads")
    await thread.send("done")


async def test_a_deleted_thread_is_unknown(fake_discord, thread, bot):
    seen = fake_discord.thread("Red Mug")
    await fake_discord.faults.delete_thread(seen)
    with pytest.raises(discord.NotFound) as refused:
        await thread.send("done")
    assert refused.value.code == 10003
    assert seen.is_deleted and fake_discord.thread("Red Mug") is None
    await fake_discord.until(lambda: bot.get_channel(thread.id) is None)


async def test_a_deleted_channel_takes_its_threads_along(fake_discord, thread, studio):
    await fake_discord.faults.delete_channel(studio)
    with pytest.raises(discord.NotFound):
        await thread.send("done")


@pytest.mark.parametrize(
    ("kind", "permission"),
    [
        (discord.ChannelType.private_thread, "create_private_threads"),
        (discord.ChannelType.public_thread, "create_public_threads"),
    ],
)
async def test_starting_a_thread_needs_a_permission(fake_discord, channel, studio, kind, permission):
    await fake_discord.faults.revoke(permission, studio)
    with pytest.raises(discord.Forbidden) as refused:
        await channel.create_thread(name="No", type=kind)
    assert refused.value.code == 50013


async def test_writing_in_threads_is_a_permission_of_its_own(fake_discord, thread, studio):
    await fake_discord.faults.revoke("send_messages", studio)
    await thread.send("still allowed")
    await fake_discord.faults.revoke("send_messages_in_threads", studio)
    with pytest.raises(discord.Forbidden):
        await thread.send("not any more")


async def test_a_bot_closes_and_renames_its_own_thread(fake_discord, thread):
    await thread.edit(name="Blue Mug")
    await thread.edit(archived=True)
    seen = fake_discord.thread("Blue Mug")
    assert seen.is_archived
    with pytest.raises(discord.HTTPException) as refused:
        await thread.edit(name="Green Mug")
    assert refused.value.code == 50083
    with pytest.raises(discord.Forbidden):
        await thread.edit(archived=False, locked=True)
    await thread.edit(archived=False)
    assert not seen.is_archived


async def test_open_and_closed_threads_are_listed(fake_discord, bot, thread, studio):
    guild, channel = bot.guilds[0], bot.get_channel(studio.id)
    assert [each.name for each in await guild.active_threads()] == ["Red Mug"]
    await fake_discord.faults.archive(fake_discord.thread("Red Mug"))
    assert await guild.active_threads() == []
    assert [each.name async for each in channel.archived_threads()] == ["Red Mug"]


async def test_a_person_s_thread_reaches_the_bot(fake_discord, bot, studio, ada):
    message = await ada.say(studio, "my photos")
    thread = await ada.start_thread(message, "My photos")
    await fake_discord.until(lambda: bot.get_channel(thread.id))
    joined = bot.get_channel(thread.id)
    assert joined.me is None
    await joined.join()
    assert thread.members == {"ada", "Likeness"}
    await joined.leave()
    assert thread.members == {"ada"}


async def test_memberships_can_be_looked_at(fake_discord, thread, ada, raw):
    await thread.add_user(discord.Object(ada.id))
    assert (await thread.fetch_member(ada.id)).id == ada.id
    answer = await raw.send("GET", f"/channels/{thread.id}/thread-members")
    assert answer.code == 50013, "the list needs the members intent"
    fake_discord.portal_intents = {"members"}
    assert {each.id for each in await thread.fetch_members()} == {ada.id, fake_discord.bot.id}
