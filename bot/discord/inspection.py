"""What Discord says about the bot when it is asked without connecting: who it is, where it is, what it may do."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass

import aiohttp
import discord

from bot.discord.invite import invite_url, missing_permissions
from bot.discord.tree import are_same, commands

SERVERS_A_PAGE = 200  # discord-api-docs, Get Current User Guilds: the most in one request
PATIENCE_SECONDS = 30.0


class TokenRefused(Exception):
    """Discord does not know this token."""


class Unreachable(Exception):
    """Discord cannot be asked now; the message is a sentence."""


@dataclass(frozen=True)
class Server:
    """A server that the bot is in, and the titles of the permissions that its roles there do not give."""

    name: str
    missing: tuple[str, ...]


@dataclass(frozen=True)
class Inspection:
    """What was found."""

    name: str
    invite: str
    sends_interactions_elsewhere: bool
    """The application has an address for interactions: none would come through the gateway."""
    asks_for_code: bool
    """Adding it needs a whole OAuth2 exchange, which the invite link does not make."""
    has_commands: bool
    """Exactly the commands of this release are registered."""
    servers: tuple[Server, ...]


async def inspect(token: str, bases: Collection[str]) -> Inspection:
    """Ask Discord about the bot.

    Raises:
        TokenRefused: The token is wrong.
        Unreachable: Discord does not answer, or not in time.
    """
    client = discord.Client(intents=discord.Intents.none())
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await client.login(token)
            return await _ask(client, bases)
    except discord.LoginFailure as fault:
        raise TokenRefused from fault
    except discord.HTTPException as fault:
        raise Unreachable(f"Discord answers {fault.status}.") from fault
    except (aiohttp.ClientError, OSError, TimeoutError) as fault:
        raise Unreachable("Discord cannot be reached from this machine.") from fault
    finally:
        await client.close()


async def _ask(client: discord.Client, bases: Collection[str]) -> Inspection:
    about = await client.application_info()
    registered = await client.http.get_global_commands(about.id)
    return Inspection(
        name=about.name,
        invite=invite_url(about.id),
        sends_interactions_elsewhere=about.interactions_endpoint_url is not None,
        asks_for_code=about.bot_require_code_grant,
        has_commands=are_same(registered, commands(bases)),  # pyright: ignore[reportArgumentType]
        servers=tuple(await _servers(client)),
    )


async def _servers(client: discord.Client) -> list[Server]:
    found: list[Server] = []
    after: int | None = None
    while True:
        page = await client.http.get_guilds(SERVERS_A_PAGE, after=after, with_counts=False)
        for each in page:
            has = discord.Permissions(int(each["permissions"]))  # pyright: ignore[reportTypedDictNotRequiredAccess]
            found.append(Server(each["name"], tuple(missing_permissions(has))))
        if len(page) < SERVERS_A_PAGE:
            return found
        after = int(page[-1]["id"])
