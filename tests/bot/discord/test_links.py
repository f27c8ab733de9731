"""Attachments are read from Discord's file servers, and from nowhere else."""

from __future__ import annotations

import pytest

from bot.discord.links import Links
from bot.frontend import AttachmentGone, FrontendUnavailable
from bot.requests import Attachment
from tests.contracts.discord_harness import DiscordHarness
from tests.fakes.discord import File

PHOTO = b"\xff\xd8\xff" + bytes(200_000)


async def sent(stand: DiscordHarness) -> Attachment:
    """Mia attaches a photo; its link as the bot is told it."""
    message = await stand.mia.say(stand.studio, "look", files=[File("a.jpg", PHOTO)])
    return Attachment("a.jpg", message.pictures()[0].url)


async def test_a_photo_is_read_as_it_was_sent(stand: DiscordHarness) -> None:
    assert await stand.frontend.read(await sent(stand), 1_000_000) == PHOTO


async def test_no_more_is_read_than_was_asked_for(stand: DiscordHarness) -> None:
    assert await stand.frontend.read(await sent(stand), 1000) == PHOTO[:1000]


async def test_a_link_that_expired_asks_for_the_photo_again(stand: DiscordHarness, clock) -> None:
    attachment = await sent(stand)
    clock.advance(hours=25)

    with pytest.raises(AttachmentGone, match=r"a\.jpg is no longer there on Discord\. Attach it again\."):
        await stand.frontend.read(attachment, 1000)


@pytest.mark.parametrize(
    "address",
    [
        "http://cdn.discordapp.com/attachments/1/2/a.jpg",
        "https://cdn.discordapp.com.evil.example/a.jpg",
        "https://evil.example/cdn.discordapp.com/a.jpg",
        "https://cdn.discordapp.com@evil.example/a.jpg",
        "https://someone@cdn.discordapp.com/a.jpg",
        "https://cdn.discordapp.com:8080/a.jpg",
        "http://169.254.169.254/latest/meta-data",
        "http://127.0.0.1/a.jpg",
        "file:///etc/passwd",
        "/etc/passwd",
        "",
        "https://[::1",
    ],
)
async def test_nothing_is_read_from_elsewhere(address: str) -> None:
    with pytest.raises(AttachmentGone):
        await Links().read(Attachment("a.jpg", address), 1000)


async def test_a_file_server_that_is_away_is_asked_again_later(stand: DiscordHarness) -> None:
    attachment = await sent(stand)
    await stand.fake.stop()

    with pytest.raises(FrontendUnavailable):
        await stand.frontend.read(attachment, 1000)
