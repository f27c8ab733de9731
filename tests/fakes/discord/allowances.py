"""Complaints that are passed over everywhere, each with its reason."""

from __future__ import annotations

from tests.fakes.strict import Allowance

ALLOWANCES: tuple[Allowance, ...] = (
    Allowance(
        "/commands",
        "('nsfw' was unexpected)",
        "discord.py registers every command with it; Discord documents it, and the description leaves it out",
    ),
    Allowance(
        "",
        "('tts' was unexpected)",
        "discord.py sends it with every edit and update; Discord passes over it",
    ),
    Allowance(
        "answer to",
        "400 errors",
        "the description has numbers as the codes of single fields; Discord's documentation has names",
    ),
)
