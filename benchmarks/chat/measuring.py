"""How long a crowd waits for acknowledgements, and what that costs in processor time."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import psutil

from benchmarks import report
from benchmarks.chat.checked_later import CheckedLater
from benchmarks.chat.plan import TYPING
from benchmarks.chat.stage import running_trainings
from core.settings import Settings

TARGET_SECONDS = 1.0  # the house's own
ACK_SECONDS = 3.0  # discord-api-docs, Receiving and Responding; docs.slack.dev, Handling user interaction


class Acknowledged(Protocol):
    """Something that was asked of a bot."""

    @property
    def acked_within(self) -> float | None:
        """Seconds from when it was sent until the bot said that it heard; None where it never did in time."""
        ...


Asked = Mapping[str, Sequence[Acknowledged]]
"""What was asked, by kind."""


async def measured(
    play: Callable[[], Awaitable[Asked]], checks: CheckedLater, settings: Settings, bot: psutil.Process
) -> dict[str, Any]:
    """Let a crowd play at whoever is connected, and return the figures."""
    trained_before = running_trainings(settings)
    began, own, theirs = time.monotonic(), time.process_time(), sum(bot.cpu_times()[:2])
    with checks.put_off():
        asked = await play()
    seconds = time.monotonic() - began
    shares = {
        "cpu_share_of_the_bot": (sum(bot.cpu_times()[:2]) - theirs) / seconds,
        "cpu_share_of_the_fake_and_the_crowd": (time.process_time() - own) / seconds,
    }
    is_busy = bool(trained_before and running_trainings(settings))
    checks_seconds = checks.catch_up()
    count = sum(map(len, asked.values()))
    return {
        **_figures(asked),
        **shares,
        "was_a_training_running_before_and_after": is_busy,
        "checks_of_the_fake_put_off_ms_an_interaction": checks_seconds * 1000 / count,
    }


def ratio_of_medians(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> float:
    """Return how many times as long ours take as the peer's, at the median."""
    ratio: float = ours["commands"]["median_ms"] / theirs["commands"]["median_ms"]
    return ratio


def spread(seconds: Sequence[float]) -> dict[str, Any]:
    """Return the middle and the tail of some durations."""
    return {**report.milliseconds(seconds), "max_ms": max(seconds) * 1000}


def _figures(asked: Asked) -> dict[str, Any]:
    commands = list(itertools.chain(*(found for kind, found in asked.items() if kind != TYPING)))
    return {
        "commands": _with_late_ones(commands),
        "suggestions_meanwhile": _with_late_ones(asked[TYPING]),
        "median_ms_by_kind": {
            kind: statistics.median(_seconds(found)) * 1000 for kind, found in sorted(asked.items())
        },
    }


def _with_late_ones(asked: Sequence[Acknowledged]) -> dict[str, Any]:
    seconds = _seconds(asked)
    lost = len(asked) - len(seconds)
    return {
        **spread(seconds),
        "later_than_1_s": lost + sum(each > TARGET_SECONDS for each in seconds),
        "later_than_3_s": lost + sum(each > ACK_SECONDS for each in seconds),
    }


def _seconds(asked: Sequence[Acknowledged]) -> list[float]:
    return [each.acked_within for each in asked if each.acked_within is not None]
