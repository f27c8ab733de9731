"""A thread on Discord from the first word to the last: the real bot and worker, over sockets, at the strict fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.discord import FakeDiscord, File
from tests.fakes.discord.fixtures import strict_discord
from tests.fakes.discord.state import Channel
from tests.fakes.strict import WallClock
from tests.scenarios.conftest import MUG, PATIENCE_SECONDS, Installation, installed_beside
from tests.scenarios.portraits import photos_of_a_woman
from tests.scenarios.reading import Thread

CONSENT_STATEMENTS = 4
REQUESTS_A_PERSON_SEES = ("✅", "❌")


@pytest.fixture
async def live_discord(specs_dir: Path) -> AsyncIterator[FakeDiscord]:
    """A Discord by the wall's clock, for a bot in a process of its own."""
    async with strict_discord(WallClock(), specs_dir) as fake:
        yield fake


@pytest.fixture
async def discord_installation(live_discord: FakeDiscord) -> AsyncIterator[Installation]:
    """An installation that is on this Discord."""
    async with installed_beside(
        {
            "LIKENESS_DISCORD_TOKEN": live_discord.bot_token,
            "LIKENESS_DISCORD_API_BASE": live_discord.api_address,
            "LIKENESS_DISCORD_GATEWAY": live_discord.gateway_address,
        }
    ) as running:
        yield running


async def test_the_full_story_of_a_thread(
    live_discord: FakeDiscord, discord_installation: Installation
) -> None:
    fake, studio = live_discord, live_discord.channel("studio")
    await fake.until(
        lambda: "train" in fake.commands() and fake.gateway.is_connected, patience_seconds=PATIENCE_SECONDS
    )
    mia = fake.person("mia")
    channel = Thread(fake, mia, studio)

    # A person, one of whose photos is soft: decided by a reaction, then consent, captions, and the start.
    first, second, soft = (File(name, content) for name, content in photos_of_a_woman())
    asked = await mia.slash(
        studio, "train", type="character", name="Ada", **{"class": "woman"}, preset="quick",
        image1=first, image2=second, image3=soft,
    )  # fmt: skip
    assert asked.acknowledgement is not None
    thread = await channel.opens("Ada")
    card = await thread.reads("Fix issues")
    flagged = await thread.reads("photo 3 of 3", "Blurry")
    await fake.until(lambda: set(REQUESTS_A_PERSON_SEES) <= set(flagged.reactions))
    assert len(flagged.pictures()) == 1
    await mia.react(flagged, "❌")
    await thread.reads("photo 3 of 3", "Removed.")
    await thread.presses("A real person")
    for number in range(1, CONSENT_STATEMENTS + 1):
        await thread.presses(f"Tick {number}")
    await thread.presses("I agree")
    await thread.presses("Looks right")
    await thread.reads("Ready to train")
    await thread.presses("Start")
    ready = await thread.reads("@ada is ready")
    assert ready.pinged == {"mia"}
    assert len(ready.pictures()) == 1
    assert not card.is_deleted

    # A product beside her, and pictures with one and with two names.
    await mia.slash(
        studio, "train", type="product", name="Aurora Mug", **{"class": "mug"}, preset="quick",
        image1=File("1.jpg", (MUG / "1.jpg").read_bytes()), image2=File("2.jpg", (MUG / "2.jpg").read_bytes()),
    )  # fmt: skip
    mugs = await channel.opens("Aurora Mug")
    await mugs.presses("Looks right")
    await mugs.presses("Start")
    await mugs.reads("@aurora-mug is ready")
    offered = await mia.autocomplete(studio, "imagine", prompt="on a beach, @aur")
    assert [choice.value for choice in offered] == ["on a beach, @aurora-mug"]
    await mia.slash(studio, "imagine", prompt="@aurora-mug on a beach", count=2, seed=7)
    painted = await channel.reads("seed 7", "@aurora-mug v1")
    assert len(painted.pictures()) == 2
    await mia.slash(studio, "imagine", prompt="@aurora-mug and @ada in the snow", seed=8)
    both = await channel.reads("seed 8", "@aurora-mug v1", "@ada v1")
    assert len(both.pictures()) == 1

    # Another photo, another version; then away with it.
    third = File("3.jpg", (MUG / "3.jpg").read_bytes())
    await mia.slash(studio, "edit", name="aurora-mug", preset="quick", image1=third)
    again = Thread(fake, mia, [thread for thread in fake.threads(studio) if "Aurora" in thread.name][-1])
    again = again if again.place is not mugs.place else await _next_thread(channel, mugs.place)
    await again.presses("Looks right")
    await again.presses("Start")
    await again.reads("@aurora-mug is ready", "2")
    deleting = await mia.slash(studio, "delete", name="aurora-mug", confirm="aurora-mug")
    assert "@aurora-mug is deleted" in (await deleting.replied()).text()
    refused = await mia.slash(studio, "imagine", prompt="@aurora-mug on a beach")
    assert "was deleted" in (await refused.replied()).text()


async def _next_thread(channel: Thread, before: Channel) -> Thread:
    found = await channel.fake.until(
        lambda: next(
            (
                thread
                for thread in channel.fake.threads(channel.place)
                if "Aurora" in thread.name and thread is not before
            ),
            None,
        )
    )
    return Thread(channel.fake, channel.person, found)
