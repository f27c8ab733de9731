"""Strictness: addresses, queries and bodies that no route takes; and ids of what is not there."""

import aiohttp
import pytest


@pytest.mark.parametrize(
    ("method", "path", "body", "problem"),
    [
        ("POST", "/channels/{studio}/messages", {"content": "x", "contnet": "y"}, "'contnet' was unexpected"),
        ("GET", "/channels/{studio}/messages?limt=3", None, "no such query parameter: limt"),
        ("PUT", "/channels/{studio}/thread-members/@me", {"x": 1}, "takes no body"),
    ],
)
async def test_what_discord_passes_over_is_told_of_all_the_same(
    fake_discord, raw, studio, method, path, body, problem
):
    fake_discord.expect_complaint(problem)
    answer = await raw.send(method, path.format(studio=studio.id), body)
    assert answer.status != 400


@pytest.mark.parametrize(
    ("method", "path", "status", "problem"),
    [
        ("GET", "/nowhere", 404, "404: Not Found"),
        ("GET", "/voice/regions", 404, "404: Not Found"),
        ("GET", "/channels/studio", 400, "50035"),
        ("GET", "/channels/1/messages?limit=101", 400, "101 is greater"),
    ],
)
async def test_addresses_that_lead_nowhere_are_told_of(fake_discord, raw, method, path, status, problem):
    fake_discord.expect_complaint(problem)
    assert (await raw.send(method, path)).status == status


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/channels/1", 10003),
        ("/guilds/1", 10004),
        ("/guilds/{guild}/members/1", 10007),
        ("/channels/{studio}/messages/1", 10008),
        ("/users/1", 10013),
        ("/channels/{studio}/thread-members/1", 10003),
    ],
)
async def test_what_is_not_there_has_a_code_of_its_own(fake_discord, raw, studio, path, code):
    answer = await raw.send("GET", path.format(studio=studio.id, guild=fake_discord.guild.id))
    assert (answer.status, answer.code) == (404, code)


async def test_a_server_without_the_bot_is_closed_to_it(fake_discord, raw):
    elsewhere = fake_discord.add_guild("Elsewhere", has_bot=False)
    assert (await raw.send("GET", f"/guilds/{elsewhere.id}")).code == 50001


async def test_threads_start_in_channels_only(fake_discord, raw, studio, ada):
    thread = await ada.start_thread(studio, "Mug")
    message = await ada.say(thread, "hello")
    fake_discord.expect_complaint("CHANNEL_TYPE_INVALID")
    for path in (f"/channels/{thread.id}/threads", f"/channels/{thread.id}/messages/{message.id}/threads"):
        assert (await raw.send("POST", path, {"name": "Inner"})).code == 50035


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([("payload_json", "{}"), ("file", b"x")], "UNKNOWN_PART"),
        ([("payload_json", "{}"), ("files[1]", b"x")], "FILES_NOT_NUMBERED"),
        ([("payload_json", "{"), ("files[0]", b"x")], "50109"),
    ],
)
async def test_parts_that_are_none_are_refused(fake_discord, studio, parts, problem):
    fake_discord.expect_complaint(problem)
    form = aiohttp.FormData(quote_fields=False)
    for name, content in parts:
        form.add_field(name, content, filename="a.png" if isinstance(content, bytes) else None)
    url = f"{fake_discord.api_address}/channels/{studio.id}/messages"
    headers = {"Authorization": f"Bot {fake_discord.bot_token}"}
    async with aiohttp.ClientSession() as session, session.post(url, data=form, headers=headers) as answer:
        assert answer.status == 400
    assert fake_discord.messages(studio) == []


async def test_a_body_is_json_and_says_so(fake_discord, studio):
    fake_discord.expect_complaint("text/plain")
    url = f"{fake_discord.api_address}/channels/{studio.id}/messages"
    headers = {"Authorization": f"Bot {fake_discord.bot_token}"}
    async with aiohttp.ClientSession() as session, session.post(url, data="{}", headers=headers) as answer:
        assert answer.status == 400
