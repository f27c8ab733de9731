"""One life of the connection to Discord: events come in, are written down, and are acknowledged.

Nothing is registered for buttons and forms: each says in its custom_id what it is about, so that all work however
old they are, and whoever posted them. The order is always the same: read, `accept` (one insert), acknowledge.
What has to be downloaded or posted comes afterwards, from elsewhere.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import discord

from bot.discord.commanding import Commands
from bot.discord.invite import invite_url, needed_intents
from bot.discord.people import address_of, asking, writing
from bot.discord.plans import Grants, read_grants
from bot.discord.tree import are_same, commands
from bot.discord.votes import Votes
from bot.doors import Doors
from bot.frontend import Accept
from bot.requests import AddPhotosRequest, Attachment, Requester
from core.errors import StoreUnavailable
from core.patience import patiently
from core.rules.plans import load_plans
from core.settings import Settings

log = logging.getLogger(__name__)

AUTOCOMPLETE = discord.InteractionType.autocomplete
GUILDS_READY_SECONDS = 2.0
"""How long the servers of a new session may take to come in, one after the other, before it counts as begun."""
NETWORK_FAULTS = (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError)

STORE_IS_AWAY = "I cannot write anything down right now, so this was not done. Try again in a minute."
SOMETHING_BROKE = "Something went wrong on my side, and nothing was charged. Try once more."
ODD_CHANNEL = "I cannot work in this kind of channel. Ask me in a text channel, or in a direct message."
NOT_HERE = "I am not a member of this server, so I can do nothing here. An admin can add me: {url}"
IN_DIRECT_MESSAGES = "In a direct message with me, everything works without that."


class Likeness(discord.Client):
    """Hears what people do, and hands it on."""

    after_new_session: Callable[[], Awaitable[None]] | None = None
    """Called when a session begins: what happened before it was not told."""

    def __init__(
        self, settings: Settings, accept: Accept, doors: Doors, grants: Grants, **options: Any
    ) -> None:
        super().__init__(
            intents=needed_intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            chunk_guilds_at_startup=False,
            guild_ready_timeout=GUILDS_READY_SECONDS,
            member_cache_flags=discord.MemberCacheFlags.none(),
            **options,
        )
        self._accept = accept
        self._grants = grants
        self._wanted = commands(settings.bases)
        self._commands = Commands(self, doors, grants)
        self._votes = Votes(self, accept, grants)
        self._background: set[asyncio.Task[None]] = set()

    async def setup_hook(self) -> None:
        """Register the commands where they differ from what is registered."""
        assert self.application_id is not None  # login sets it just before
        try:
            registered = await self.http.get_global_commands(self.application_id)
            if not are_same(registered, self._wanted):  # type: ignore[arg-type]
                await self.http.bulk_upsert_global_commands(self.application_id, self._wanted)
                log.info("action=commands_synced")
        except discord.HTTPException as fault:
            # The ones of an earlier start still work, so this is no reason not to come up.
            log.warning("action=commands_not_synced status=%s code=%s", fault.status, fault.code)
        self._in_background(self._votes.run())

    async def close(self) -> None:
        """Close the connection, and stop what goes on beside it."""
        for task in self._background - {asyncio.current_task()}:
            task.cancel()
        await super().close()

    def _in_background(self, doing: Any) -> None:
        task = asyncio.ensure_future(doing)
        self._background.add(task)
        task.add_done_callback(self._has_ended)

    def _has_ended(self, task: asyncio.Task[None]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None and not self.is_closed():
            # Half deaf is worse than gone: a new client is built in its place.
            log.error("action=background_failed", exc_info=task.exception())
            self._in_background(self.close())

    async def on_ready(self) -> None:
        """Catch up: a new session is told nothing of what happened before it."""
        if self.after_new_session is not None:
            await self.after_new_session()

    # Interactions

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """Answer a command, a button, a list, a form, or somebody who is typing."""
        if interaction.type is discord.InteractionType.ping:
            return
        is_typing = interaction.type is AUTOCOMPLETE
        if interaction.guild_id is not None and self.get_guild(interaction.guild_id) is None:
            # Its person brought the bot along; where it is not a member, it cannot post.
            await (self._commands.suggest_nothing if is_typing else self._say_not_here)(interaction)
            return
        requester = asking(interaction, self._grants)
        if is_typing:
            await self._commands.suggest(interaction)
        elif requester is None:
            await self._commands.say(interaction, ODD_CHANNEL)
        else:
            await self._answer(interaction, requester)

    async def _answer(self, interaction: discord.Interaction, requester: Requester) -> None:
        try:
            asked = await self._commands.read(interaction, requester)
            if asked is None:
                return  # it was answered by a form or a sentence
            await self._accept(asked, str(interaction.id))
        except StoreUnavailable:
            log.warning("action=request_not_written")
            await self._commands.say(interaction, STORE_IS_AWAY)
            return
        await self._commands.acknowledge(interaction)

    async def _say_not_here(self, interaction: discord.Interaction) -> None:
        url = invite_url(interaction.application_id)
        await self._commands.say(interaction, f"{NOT_HERE.format(url=url)}\n{IN_DIRECT_MESSAGES}")

    # Messages and reactions

    async def on_message(self, message: discord.Message) -> None:
        """Take photos that are sent to the bot: with a mention of it in a channel, or in a direct message."""
        if message.author.bot or message.webhook_id or not message.attachments or self.user is None:
            return
        if message.guild is not None and self.user not in message.mentions:
            return
        thread = address_of(await self.whereabouts(message.channel))
        if thread is None:
            return
        attachments = tuple(Attachment(each.filename, each.url) for each in message.attachments)
        request = AddPhotosRequest(writing(message, thread, self._grants), attachments)
        # Nobody waits for an acknowledgement here, and the message does not come again.
        await patiently(lambda: self._accept(request, f"message:{message.id}"), "photos in a message")

    async def whereabouts(self, channel: Any) -> Any:
        """Return a channel as it is; one that is not known yet, as a thread that was asleep, is asked for."""
        if not isinstance(channel, discord.PartialMessageable):
            return channel
        try:
            return await self.fetch_channel(channel.id)
        except NETWORK_FAULTS as fault:
            log.warning("action=channel_not_found fault=%s", type(fault).__name__)
            return None

    def dispatch(self, event: str, /, *args: Any, **kwargs: Any) -> None:
        """Note reactions in the order in which they come, with what names each of them for good."""
        if event in ("raw_reaction_add", "raw_reaction_remove"):
            [payload] = args
            socket = self._get_websocket(payload.guild_id, shard_id=None if payload.guild_id else 0)
            self._votes.note(payload, str(socket.session_id), int(socket.sequence or 0))
        super().dispatch(event, *args, **kwargs)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """Log a bug, and tell whoever would wait for an answer. The front-end's error boundary."""
        if self.is_closed():
            return  # this life ended under it: what was written down is answered by the next one
        log.exception("action=event_failed event=%s", event_method)
        interactions = [each for each in args if isinstance(each, discord.Interaction)]
        for interaction in interactions:
            if interaction.type is not AUTOCOMPLETE and not interaction.response.is_done():
                await self._commands.say(interaction, SOMETHING_BROKE)


class ShardedLikeness(Likeness, discord.AutoShardedClient):
    """The same over several connections, which Discord asks for from some thousand servers on."""


def build_client(settings: Settings, accept: Accept, doors: Doors, *, shard_count: int = 1) -> Likeness:
    """Return a client that has not connected yet. A client that ended is never used again: build a new one.

    Raises:
        ConfigurationError: LIKENESS_DISCORD_PLANS cannot be read.
    """
    grants = read_grants(settings.discord_plans, load_plans(settings.plans_file))
    discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here
    if shard_count > 1:
        return ShardedLikeness(settings, accept, doors, grants, shard_count=shard_count)
    return Likeness(settings, accept, doors, grants)
