"""Messages: what stands there, who is called by it, its files and its links."""

import io

import aiohttp
import discord
import pytest
from discord import ui

from tests.fakes.conftest import Bot

PIXEL = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU"
    b"\x00\x00\x00\nIDATx\x9cc\xf8\x0f\x00\x01\x01\x01\x00\x1b\xb6\xeeV\x00\x00\x00\x00IEND\xaeB`\x82"
)


def png(name: str, content: bytes = PIXEL) -> discord.File:
    return discord.File(io.BytesIO(content), name)


class Card(ui.LayoutView):
    """A text, pictures, a button."""

    def __init__(self, text: str, *names: str):
        super().__init__(timeout=None)
        container = ui.Container(ui.TextDisplay(text))
        if names:
            items = [discord.MediaGalleryItem(f"attachment://{name}", description="A mug") for name in names]
            container.add_item(ui.MediaGallery(*items))
        container.add_item(ui.ActionRow(ui.Button(label="Cancel", custom_id="cancel")))
        self.add_item(container)


async def test_a_card_shows_its_pictures_and_changes_in_place(fake_discord, channel, studio):
    message = await channel.send(view=Card("Training", "a.png"), files=[png("a.png")])
    seen = fake_discord.messages(studio)[0]
    assert seen.text() == "Training"
    assert [(each.filename, each.content, each.description) for each in seen.pictures()] == [
        ("a.png", PIXEL, "A mug")
    ]
    assert [button.label for button in seen.buttons()] == ["Cancel"]
    assert message.attachments == [], "what components show is not among the attachments"

    await message.edit(view=Card("Nearly there", "a.png"))
    assert seen.text() == "Nearly there" and len(seen.pictures()) == 1
    await message.edit(view=Card("Done", "b.png"), attachments=[png("b.png", b"other")])
    assert [each.content for each in seen.pictures()] == [b"other"]
    assert seen.history == ["Training", "Nearly there"]
    assert [button.label for button in seen.buttons()] == ["Cancel"]


async def test_a_picture_that_no_component_shows_is_complained_about(fake_discord, channel):
    fake_discord.expect_complaint("'b.png' is shown by no component")
    await channel.send(view=Card("Look", "a.png"), files=[png("a.png"), png("b.png")])


async def test_pictures_come_with_their_size_and_can_be_fetched(fake_discord, channel):
    message = await channel.send("look", file=png("my mug.png"))
    attachment = message.attachments[0]
    assert (attachment.filename, attachment.width, attachment.height) == ("my_mug.png", 1, 1)
    assert attachment.content_type == "image/png"
    assert await attachment.read() == PIXEL


async def test_a_link_ends_after_a_day_and_a_fresh_one_is_made(fake_discord, channel, clock):
    message = await channel.send("look", file=png("a.png"))
    clock.advance(hours=25)
    with pytest.raises(discord.NotFound):
        await message.attachments[0].read()
    again = await channel.fetch_message(message.id)
    assert await again.attachments[0].read() == PIXEL


async def test_a_link_cannot_be_made_up(fake_discord, channel):
    message = await channel.send("look", file=png("a.png"))
    url = message.attachments[0].url
    async with aiohttp.ClientSession() as session:
        for wrong in (url.replace("ex=", "ex=f"), url.partition("?")[0]):
            async with session.get(wrong) as answer:
                assert answer.status == 404
                assert await answer.text() == "This content is no longer available."


async def test_the_same_nonce_posts_once_within_minutes(fake_discord, channel, studio, clock):
    first = await channel.send("done", nonce="job-7")
    second = await channel.send("done", nonce="job-7")
    assert first.id == second.id
    assert len(fake_discord.messages(studio)) == 1
    clock.advance(minutes=6)
    third = await channel.send("done", nonce="job-7")
    assert third.id != first.id


async def test_only_those_who_may_be_called_are_called(fake_discord, channel, studio, ada):
    bea, role = fake_discord.person("bea"), fake_discord.role("crew")
    text = f"{ada.mention} {bea.mention} {role.mention} @everyone"
    everyone = {"ada", "bea"}
    await channel.send(text)
    await channel.send(text, allowed_mentions=discord.AllowedMentions.none())
    await channel.send(text, allowed_mentions=discord.AllowedMentions(users=[discord.Object(ada.id)]))
    await fake_discord.faults.grant("mention_everyone")
    await channel.send(text)
    pinged = [message.pinged for message in fake_discord.messages(studio)]
    assert pinged == [everyone, set(), {"ada"}, everyone | {"@crew", "@everyone"}]
    assert [user.name for user in fake_discord.messages(studio)[1].mentions] == ["ada", "bea"]


async def test_a_change_calls_nobody(fake_discord, channel, studio, ada):
    message = await channel.send("hello")
    await message.edit(content=f"hello {ada.mention}")
    assert fake_discord.messages(studio)[0].pinged == set()


async def test_a_text_in_a_card_calls_too(fake_discord, channel, studio, ada):
    await channel.send(view=Card(f"{ada.mention} it is ready"))
    assert fake_discord.messages(studio)[0].pinged == {"ada"}


async def test_an_answer_refers_to_what_it_answers(fake_discord, channel, studio, ada):
    asked = await ada.say(studio, "how long?")
    message = await channel.get_partial_message(asked.id).reply("six minutes")
    assert message.reference.message_id == asked.id
    assert fake_discord.message_with("six minutes").pinged == {"ada"}


async def test_history_comes_in_pages(fake_discord, channel):
    sent = [await channel.send(f"message {number}") for number in range(7)]
    ids = [message.id for message in sent]
    assert [message.id async for message in channel.history(limit=3)] == ids[:-4:-1]
    assert [message.id async for message in channel.history(limit=2, before=sent[3])] == [ids[2], ids[1]]
    assert [message.id async for message in channel.history(after=sent[4])] == ids[5:]
    around = [message.id async for message in channel.history(limit=3, around=sent[3])]
    assert sorted(around) == ids[2:5]


async def test_what_others_wrote_is_blank_without_the_content_intent(fake_discord, channel, studio, ada):
    await ada.say(studio, "a secret")
    assert [message.content async for message in channel.history()] == [""]
    fake_discord.portal_intents = {"message_content"}
    assert [message.content async for message in channel.history()] == ["a secret"]


async def test_old_messages_cannot_be_changed_often(fake_discord, channel, raw, studio, clock):
    message = await channel.send("0")
    clock.advance(minutes=61)
    path = f"/channels/{studio.id}/messages/{message.id}"
    answers = [await raw.send("PATCH", path, {"content": str(number)}) for number in range(1, 5)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert answers[-1].code == 30046
    clock.advance(seconds=30)
    assert (await raw.send("PATCH", path, {"content": "5"})).status == 200


async def test_a_deleted_message_is_gone(fake_discord, channel, studio):
    message = await channel.send("hello")
    seen = fake_discord.messages(studio)[0]
    await fake_discord.faults.delete_message(seen)
    with pytest.raises(discord.NotFound) as refused:
        await message.edit(content="still there?")
    assert refused.value.code == 10008
    assert seen.is_deleted and fake_discord.messages(studio) == []


async def test_nobody_else_s_message_can_be_changed(fake_discord, channel, studio, ada, raw):
    message = await ada.say(studio, "mine")
    answer = await raw.send("PATCH", f"/channels/{studio.id}/messages/{message.id}", {"content": "yours"})
    assert answer.code == 50005


async def test_a_person_is_reached_directly_unless_they_do_not_want_it(fake_discord, start, ada):
    bot = Bot()
    await start(bot)
    user = await bot.fetch_user(ada.id)
    await user.send("your training is done")
    assert [each.text() for each in fake_discord.messages(ada.direct_channel())] == ["your training is done"]
    ada.user.takes_direct_messages = False
    with pytest.raises(discord.Forbidden) as refused:
        await user.send("hello?")
    assert refused.value.code == 50007


@pytest.mark.parametrize(
    ("permission", "code"),
    [("view_channel", 50001), ("send_messages", 50013), ("attach_files", 50013)],
)
async def test_without_a_permission_nothing_is_posted(fake_discord, channel, studio, permission, code):
    await fake_discord.faults.revoke(permission, studio)
    with pytest.raises(discord.Forbidden) as refused:
        await channel.send("look", file=png("a.png"))
    assert refused.value.code == code
    assert fake_discord.messages(studio) == []
    await fake_discord.faults.grant(permission, studio)
    await channel.send("look", file=png("a.png"))


async def test_a_permission_can_be_taken_everywhere(fake_discord, channel):
    await fake_discord.faults.revoke("send_messages")
    with pytest.raises(discord.Forbidden):
        await channel.send("hello")


async def test_a_file_over_the_limit_is_too_large(fake_discord, channel):
    with pytest.raises(discord.HTTPException) as refused:
        await channel.send(file=png("a.png", bytes(10 * 1024 * 1024 + 1)))
    assert (refused.value.status, refused.value.code) == (413, 40005)


async def test_requests_are_counted_and_a_channel_can_be_read_aloud(fake_discord, channel, studio, ada):
    message = await channel.send("hello", file=png("a.png"))
    await message.add_reaction("👍")
    assert fake_discord.count("POST", "/channels/{channel_id}/messages") == 1
    assert fake_discord.requests[-1].status == 204
    assert fake_discord.transcript(studio) == "Likeness: hello  <a.png> 👍1"
