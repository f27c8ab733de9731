"""A thread on Slack from the first word to the last: the real bot and worker, over sockets, at the strict fake."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from bot.slack.listening import EVENTS_PATH
from tests.fakes.slack import Channel, FakeSlack, File, Person
from tests.fakes.slack.fixtures import strict_slack
from tests.fakes.strict import WallClock
from tests.scenarios.conftest import MUG, Installation, installed_beside
from tests.scenarios.portraits import photos_of_a_woman
from tests.scenarios.reading_slack import Thread, comes_up, free_port

CONSENT_STATEMENTS = 4
TRANSPORTS = ("a socket", "HTTP")


@pytest.fixture
async def live_slack(specs_dir: Path) -> AsyncIterator[FakeSlack]:
    """A Slack by the wall's clock, for a bot in a process of its own."""
    async with strict_slack(WallClock(), specs_dir) as fake:
        yield fake


@pytest.fixture(params=TRANSPORTS)
async def slack_installation(
    request: pytest.FixtureRequest, live_slack: FakeSlack
) -> AsyncIterator[Installation]:
    """An installation that is on this Slack, each way that Slack talks."""
    fake, listen = live_slack, f"127.0.0.1:{free_port()}"
    environment: Mapping[str, str] = {
        "LIKENESS_SLACK_BOT_TOKEN": fake.bot_token,
        "LIKENESS_SLACK_APP_TOKEN": fake.app_token if request.param == "a socket" else "",
        "LIKENESS_SLACK_SIGNING_SECRET": fake.signing_secret,
        "LIKENESS_SLACK_LISTEN": listen,
        "LIKENESS_SLACK_API_BASE": fake.api_address,
    }
    if request.param == "HTTP":
        fake.deliver_to(f"http://{listen}{EVENTS_PATH}")
    async with installed_beside(environment) as running:
        yield running


async def test_the_full_story_of_a_thread(live_slack: FakeSlack, slack_installation: Installation) -> None:
    fake, studio = live_slack, live_slack.channel("studio")
    await comes_up(fake)
    mia = fake.person("mia")
    channel = Thread(fake, mia, studio)

    # A person, asked for by a mention with photos, one of them soft: decided by a reaction, then consent and the start.
    files = [File(name, content) for name, content in photos_of_a_woman()]
    asked = await mia.mention(studio, "train character Ada class: woman preset: quick", files=files)
    thread = Thread(fake, mia, studio, asked)
    card = await thread.reads("Fix issues")
    flagged = await thread.reads("photo 3 of 3", "Blurry")
    await fake.until(lambda: {"white_check_mark", "x"} <= set(flagged.reactions))
    assert len(flagged.images()) == 1
    await mia.react(flagged, "x")
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
    await thread.sees(1)
    assert not card.is_deleted

    # A product beside her, by a form, and pictures with one and with two names.
    form = await (await mia.slash(studio, "/train", "product Aurora Mug class: mug preset: quick")).opened()
    photos = [File(f"{number}.jpg", (MUG / f"{number}.jpg").read_bytes()) for number in (1, 2)]
    await mia.submit(form, {"Photos": photos})
    mugs = await channel.opens("Aurora Mug")
    await mugs.presses("Looks right")
    await mugs.presses("Start")
    await mugs.reads("@aurora-mug is ready")
    await mia.slash(studio, "/imagine", "@aurora-mug on a beach count: 2 seed: 7")
    painted = await channel.reads("seed 7", "@aurora-mug v1")
    assert len(painted.images()) == 2
    assert [len(reply.files) for reply in painted.replies] == [2]
    await mia.mention(asked, "@aurora-mug and @ada in the snow seed: 8")
    await thread.reads("seed 8", "@aurora-mug v1", "@ada v1")
    await thread.sees(1, "in the snow")

    # Another photo, another version; then away with it.
    third = File("3.jpg", (MUG / "3.jpg").read_bytes())
    changing = await mia.mention(studio, "edit aurora-mug preset: quick", files=[third])
    again = Thread(fake, mia, studio, changing)
    await again.presses("Looks right")
    await again.presses("Start")
    await again.reads("@aurora-mug is ready", "2")
    form = await (await mia.slash(studio, "/delete", "aurora-mug")).opened()
    deleting = await mia.submit(form, {"To go on, type aurora-mug": "aurora-mug"})
    await fake.until(lambda: said_to(mia, deleting.channel or studio, "@aurora-mug is deleted"))
    await mia.slash(studio, "/imagine", "@aurora-mug on a beach")
    await fake.until(lambda: said_to(mia, studio, "was deleted"))
    assert fake.pace.excesses() == []


def said_to(person: Person, channel: Channel, words: str) -> bool:
    """Tell whether somebody alone was told this."""
    whispers = (each for each in channel.messages.values() if each.only_for is person.user)
    return any(words in each.text() for each in whispers)
