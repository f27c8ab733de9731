"""Does Discord know the bot's token, are its commands there, and may it do in its servers what it has to?"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from bot.discord.plans import read_grants
from bot.doctor.finding import Check, Finding, Status
from core.rules.plans import load_plans
from core.rules.wording import counted, listed
from core.settings import Settings

if TYPE_CHECKING:
    from bot.discord.inspection import Inspection, Server

NAME = "discord"
NAMED_SERVERS = 9
"""Servers that lack something and are named; the others are counted."""


async def look_at_discord(settings: Settings) -> AsyncIterator[Finding]:
    """Ask Discord about the bot, where one is set up."""
    token = settings.discord_token.get_secret_value()
    if not token:
        yield Finding(NAME, Status.OK, "Discord is off: LIKENESS_DISCORD_TOKEN is not set.")
        return
    # Imported where it is wanted: discord.py takes most of a second to load.
    from bot.discord.frontend import point_at
    from bot.discord.inspection import TokenRefused, Unreachable, inspect

    read_grants(settings.discord_plans, load_plans(settings.plans_file))
    point_at(settings)
    try:
        found = await inspect(token, settings.bases)
    except TokenRefused:
        yield Finding(
            NAME,
            Status.FAIL,
            "Discord does not know the token in LIKENESS_DISCORD_TOKEN.",
            "In Discord's developer portal, open the application, then Bot, and press Reset Token; put the new one "
            "into .env.",
        )
        return
    except Unreachable as fault:
        fix = "See that this machine may open connections to discord.com on port 443, then ask again."
        yield Finding(NAME, Status.FAIL, str(fault), fix)
        return
    for finding in _about_application(found):
        yield finding
    for finding in _about_servers(found):
        yield finding


def _about_application(found: Inspection) -> Iterator[Finding]:
    yield Finding(
        NAME,
        Status.OK,
        f"The token is {found.name}'s. None of the intents that it needs has to be switched on in the portal.",
    )
    if found.sends_interactions_elsewhere:
        yield Finding(
            NAME,
            Status.FAIL,
            "The application has an Interactions Endpoint URL, so Discord sends commands there and not to the bot.",
            "In the developer portal, under General Information, clear Interactions Endpoint URL and save.",
        )
    if found.asks_for_code:
        yield Finding(
            NAME,
            Status.WARN,
            "The application requires an OAuth2 code grant, so nobody can add the bot by its invite link.",
            "In the developer portal, under Bot, switch Requires OAuth2 Code Grant off.",
        )
    if found.has_commands:
        yield Finding(NAME, Status.OK, "The commands of this release are registered.")
    else:
        yield Finding(
            NAME,
            Status.WARN,
            "The commands that Discord offers are not those of this release and its base models.",
            "Start likeness bot, or start it again: it registers them when it comes up.",
        )


def _about_servers(found: Inspection) -> Iterator[Finding]:
    if not found.servers:
        yield Finding(NAME, Status.WARN, "The bot is in no server yet.", f"Add it to one: {found.invite}")
        return
    lacking = [server for server in found.servers if server.missing]
    for server in lacking[:NAMED_SERVERS]:
        yield _lacking(server, found.invite)
    if len(lacking) > NAMED_SERVERS:
        others = counted(len(lacking) - NAMED_SERVERS, "more server")
        fix = f"Its admins open {found.invite} once more and confirm."
        yield Finding(NAME, Status.FAIL, f"In {others} the bot lacks permissions, too.", fix)
    whole = len(found.servers) - len(lacking)
    if whole:
        sentence = (
            f"In {counted(whole, 'server')} the bot may do what it needs; single channels may say otherwise."
        )
        yield Finding(NAME, Status.OK, sentence)


def _lacking(server: Server, invite: str) -> Finding:
    return Finding(
        NAME,
        Status.FAIL,
        f"In {server.name} the bot lacks {listed(server.missing)}.",
        f"An admin of that server opens {invite} and confirms, or gives the bot's role this under Server Settings, "
        "Roles.",
    )


CHECKS = (Check(NAME, look_at_discord),)
