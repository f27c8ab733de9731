"""Suggestions, lists and the Home tab in a workspace with 2,000 models, with nothing else going on."""

from __future__ import annotations

import itertools
import time
from typing import Any

from benchmarks import report
from benchmarks.chat.measuring import spread
from benchmarks.chat.stage import MANY_MODELS, typed_names
from benchmarks.slack.load import typed
from benchmarks.slack.stage import OVER_LIMITS, Stage, Transport, end_where_too_fast, stage
from tests.fakes.slack import Channel, Person
from tests.fakes.slack.answering import options_in

ROUNDS, PAGES, HOMES = 200, 40, 40
TARGET_SECONDS = 0.1
WARM_UP = 5


async def run() -> None:
    """Type, turn pages, open the Home tab, each way that Slack talks; write the figures.

    Raises:
        SystemExit: The bot called Slack too often.
    """
    found = {transport: await _measured_over(transport) for transport in Transport}
    report.write(
        "slack-suggestions",
        {
            "benchmark": f"options while a name is typed into a form, of {MANY_MODELS} models, the bot otherwise idle; "
            "from the question sent to the options received",
            **{transport.value: figures for transport, figures in found.items()},
            "target_ms": TARGET_SECONDS * 1000,
        },
    )
    end_where_too_fast(found.values())


async def _measured_over(transport: Transport) -> dict[str, Any]:
    async with stage(MANY_MODELS, transport) as here, here.listening("bot", ("bot.cli", "bot")):
        studio, mia = here.fake.channel("studio"), here.fake.person("mia")
        with here.checks.put_off():
            edited = await _typed(here, mia, studio, "/edit", "model")
            painted = await _typed(here, mia, studio, "/imagine", "models")
            pages = await _pages(here, mia, studio)
            homes = await _homes(mia)
        here.checks.catch_up()
        excesses = here.calls_over_the_limits()
    edit, imagine = spread(edited), spread(painted)
    return {
        "edit": edit,
        "models_of_an_imagine": imagine,
        "is_met": max(edit["max_ms"], imagine["max_ms"]) <= TARGET_SECONDS * 1000,
        "later_than_the_target": sum(each > TARGET_SECONDS for each in (*edited, *painted)),
        "page_of_models_from_asked_to_shown": spread(pages),
        "home_from_opened_to_shown": spread(homes),
        OVER_LIMITS: sum(excesses.values()),
    }


async def _typed(here: Stage, mia: Person, studio: Channel, command: str, field: str) -> list[float]:
    """Type names into a field of the form that a command opens; return the seconds until there are options."""
    form = await (await mia.slash(studio, command)).opened()
    seconds: list[float] = []
    for number, word in enumerate(itertools.islice(typed_names(), WARM_UP + ROUNDS)):
        asked = await typed(here.fake, mia, form, field, word)
        assert options_in(asked.answer), f"nothing is suggested for {word!r}"
        assert asked.acked_within is not None
        if number >= WARM_UP:
            seconds.append(asked.acked_within)
    return seconds


async def _pages(here: Stage, mia: Person, studio: Channel) -> list[float]:
    """Turn the pages of a list; return the seconds until each is there."""
    began = time.monotonic()
    message = await (await mia.slash(studio, "/models")).replied()
    seconds = [time.monotonic() - began]
    for number in range(2, PAGES + 1):
        began = time.monotonic()
        await mia.press(message, "Next")
        await here.fake.until(lambda: f"page {number} of" in message.text())  # noqa: B023 - it is over before the next
        seconds.append(time.monotonic() - began)
    return seconds


async def _homes(mia: Person) -> list[float]:
    """Open the Home tab over and over; return the seconds until it is filled."""
    seconds: list[float] = []
    for _ in range(HOMES):
        began = time.monotonic()
        shown = await mia.open_home()
        seconds.append(time.monotonic() - began)
        assert "/models lists and searches them" in shown.text()
    return seconds
