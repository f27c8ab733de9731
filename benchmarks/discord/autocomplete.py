"""Suggestions and lists in a workspace with 2,000 models, with nothing else going on."""

from __future__ import annotations

import itertools
import time
from typing import Any

from benchmarks import report
from benchmarks.chat.measuring import spread
from benchmarks.chat.stage import MANY_MODELS, typed_names
from benchmarks.discord.stage import Stage, process, stage, until_connected
from tests.fakes.discord import Channel, Person

ROUNDS, PAGES = 200, 40
TARGET_SECONDS = 0.1
WARM_UP = 5


async def run() -> None:
    """Type, turn pages, and write the figures."""
    async with stage(MANY_MODELS) as here:
        with process(here, "bot", ("bot.cli", "bot")):
            await until_connected(here.fake)
            studio, mia = here.fake.channel("studio"), here.fake.person("mia")
            with here.checks.put_off():
                edited = await _typed(here, mia, studio, "edit", "name", "")
                painted = await _typed(here, mia, studio, "imagine", "prompt", "on a beach at night, @")
                pages = await _pages(mia, studio)
                refused = await _refused(mia, studio)
            here.checks.catch_up()
    edit, imagine = spread(edited), spread(painted)
    report.write(
        "discord-autocomplete",
        {
            "benchmark": f"suggestions while a name is typed, one of {MANY_MODELS} models, the bot otherwise idle; "
            "from the event sent to the callback received",
            "edit": edit,
            "last_name_of_an_imagine": imagine,
            "target_ms": TARGET_SECONDS * 1000,
            "is_met": max(edit["max_ms"], imagine["max_ms"]) <= TARGET_SECONDS * 1000,
            "later_than_the_target": sum(each > TARGET_SECONDS for each in (*edited, *painted)),
            "page_of_models_from_asked_to_shown": pages,
            "imagine_with_a_misspelt_name_from_asked_to_answered": refused,
        },
    )


async def _typed(
    here: Stage, mia: Person, studio: Channel, command: str, option: str, before: str
) -> list[float]:
    seconds: list[float] = []
    for number, word in enumerate(itertools.islice(typed_names(), WARM_UP + ROUNDS)):
        choices = await mia.autocomplete(studio, command, **{option: before + word})
        assert choices, f"nothing is suggested for {word!r}"
        waited = next(reversed(here.fake.interactions.values())).acked_within
        assert waited is not None
        if number >= WARM_UP:
            seconds.append(waited)
    return seconds


async def _pages(mia: Person, studio: Channel) -> dict[str, Any]:
    began = time.monotonic()
    asked = await mia.slash(studio, "models")
    message = await asked.replied()
    seconds = [time.monotonic() - began]
    for number in range(2, PAGES + 1):
        began = time.monotonic()
        await mia.press(message, "Next")
        await asked.until(lambda: f"page {number} of" in message.text())  # noqa: B023 - it is over before the next
        seconds.append(time.monotonic() - began)
    return spread(seconds)


async def _refused(mia: Person, studio: Channel) -> dict[str, Any]:
    seconds: list[float] = []
    for _ in range(PAGES):
        began = time.monotonic()
        asked = await mia.slash(studio, "imagine", prompt="@red-sho-7 on a beach")
        assert "Did you mean" in (await asked.replied()).text()
        seconds.append(time.monotonic() - began)
    return spread(seconds)
