"""The requests that we make of Discord, each once; what comes back is Discord's own JSON.

discord.py's objects would keep every message and view of ours in memory; its HTTP client alone does not, and
brings the rate limits, the repetitions and the multipart forms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord.http import HTTPClient, MultipartParameters, Route, handle_message_parameters

from bot.discord.layout import FittedPicture, Sheet
from bot.discord.limits import HISTORY_MESSAGES, REACTION_PAGE, THREAD_ARCHIVE_MINUTES
from bot.discord.line import Line

Payload = Mapping[str, Any]
PRIVATE_THREAD = 12  # discord-api-docs, Channel, Channel Types


@dataclass(frozen=True)
class Kept:
    """A file that is on a message already and stays there."""

    id: str

    def to_dict(self) -> dict[str, Any]:
        """Return what discord.py puts into the request."""
        return {"id": self.id}


@dataclass(frozen=True)
class Outgoing:
    """A message on its way out."""

    sheet: Sheet
    pictures: tuple[FittedPicture, ...]
    allowed_mentions: discord.AllowedMentions
    kept: tuple[Kept, ...] = ()
    """Files that stay, instead of `pictures`."""

    def parameters(self, nonce: str | None = None, *, is_ephemeral: bool = False) -> MultipartParameters:
        """Return the form of one request; its files can be sent once."""
        flags = discord.MessageFlags()
        flags.ephemeral = is_ephemeral
        # discord.py asks its own attachments for `to_dict` only, which `Kept` has.
        files: Any = self.kept or [picture.as_file() for picture in self.pictures]
        return handle_message_parameters(
            view=self.sheet,
            attachments=files,
            allowed_mentions=self.allowed_mentions,
            nonce=nonce,
            flags=flags,
        )


class Rest:
    """Discord's HTTP side, through whichever client is logged in. Failures read as `Line.ask` says."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def _http(self) -> HTTPClient:
        return (await self._line.client()).http

    async def bot_id(self) -> str:
        """Return the id of our own user."""
        user = (await self._line.client()).user
        return "" if user is None else str(user.id)

    # Messages

    async def post(self, channel_id: int, message: Outgoing, nonce: str) -> Payload:
        """Post a message; Discord itself returns the one that it took with this nonce in the last minutes."""
        http = await self._http()
        with message.parameters(nonce) as parameters:
            return await self._line.ask(http.send_message(channel_id, params=parameters))

    async def edit(self, channel_id: int, message_id: int, message: Outgoing) -> Payload:
        """Replace what a message of ours says."""
        http = await self._http()
        with message.parameters() as parameters:
            return await self._line.ask(http.edit_message(channel_id, message_id, params=parameters))

    async def delete(self, channel_id: int, message_id: int) -> None:
        """Take a message of ours away."""
        http = await self._http()
        await self._line.ask(http.delete_message(channel_id, message_id))

    async def history(self, channel_id: int) -> Sequence[Payload]:
        """Return the newest messages of a channel; none where we may not read what was said before."""
        http = await self._http()
        return await self._line.ask(http.logs_from(channel_id, HISTORY_MESSAGES))

    async def message(self, channel_id: int, message_id: int) -> Payload:
        """Return one message."""
        http = await self._http()
        return await self._line.ask(http.get_message(channel_id, message_id))

    # Reactions

    async def react(self, channel_id: int, message_id: int, emoji: str) -> None:
        """Put an emoji of ours on a message."""
        http = await self._http()
        await self._line.ask(http.add_reaction(channel_id, message_id, emoji))

    async def unreact(self, channel_id: int, message_id: int, emoji: str) -> None:
        """Take our emoji off."""
        http = await self._http()
        await self._line.ask(http.remove_own_reaction(channel_id, message_id, emoji))

    async def people_behind(self, channel_id: int, message_id: int, emoji: str) -> list[Payload]:
        """Return everybody who put this emoji on a message."""
        http = await self._http()
        people: list[Payload] = []
        after: int | None = None
        while True:
            page = await self._line.ask(
                http.get_reaction_users(channel_id, message_id, emoji, REACTION_PAGE, after)
            )
            people += page
            if len(page) < REACTION_PAGE:
                return people
            after = int(page[-1]["id"])

    # Answers to interactions

    async def edit_original(self, token: str, message: Outgoing) -> None:
        """Let the reply to an interaction, or the message that was pressed, say this."""
        with message.parameters() as parameters:
            await self._webhook("PATCH", "/messages/@original", token, parameters)

    async def delete_original(self, token: str) -> None:
        """Take the reply to an interaction away."""
        await self._webhook("DELETE", "/messages/@original", token)

    async def follow_up(self, token: str, message: Outgoing) -> None:
        """Say something more to whom an interaction came from. Discord knows no nonce here."""
        with message.parameters(is_ephemeral=True) as parameters:
            await self._webhook("POST", "", token, parameters)

    async def _webhook(
        self, method: str, path: str, token: str, parameters: MultipartParameters | None = None
    ) -> None:
        client = await self._line.client()
        route = Route(
            method,
            f"/webhooks/{{webhook_id}}/{{webhook_token}}{path}",
            webhook_id=client.application_id,
            webhook_token=token,
        )
        if parameters is None:
            await self._line.ask(client.http.request(route))
        elif parameters.files:
            await self._line.ask(
                client.http.request(route, files=parameters.files, form=parameters.multipart)
            )
        else:
            await self._line.ask(client.http.request(route, json=parameters.payload))

    # Threads and conversations

    async def start_thread(self, channel_id: int, message_id: int, name: str) -> Payload:
        """Start a thread that hangs on a message and has its id."""
        http = await self._http()
        return await self._line.ask(
            http.start_thread_with_message(
                channel_id, message_id, name=name, auto_archive_duration=THREAD_ARCHIVE_MINUTES
            )
        )

    async def start_private_thread(self, channel_id: int, name: str) -> Payload:
        """Start a thread that only its members see, into which only we let somebody."""
        http = await self._http()
        return await self._line.ask(
            http.start_thread_without_message(
                channel_id,
                name=name,
                auto_archive_duration=THREAD_ARCHIVE_MINUTES,
                type=PRIVATE_THREAD,
                invitable=False,
            )
        )

    async def active_threads(self, guild_id: int) -> Sequence[Payload]:
        """Return a server's threads that are open and that we see."""
        http = await self._http()
        return (await self._line.ask(http.get_active_threads(guild_id)))["threads"]

    async def add_to_thread(self, thread_id: int, user_id: int) -> None:
        """Let somebody into a thread."""
        http = await self._http()
        await self._line.ask(http.add_user_to_thread(thread_id, user_id))

    async def unarchive(self, thread_id: int) -> None:
        """Open a thread again that went to rest."""
        http = await self._http()
        await self._line.ask(http.edit_channel(thread_id, archived=False))

    async def direct_channel(self, user_id: int) -> int:
        """Return the conversation with one person."""
        http = await self._http()
        return int((await self._line.ask(http.start_private_message(user_id)))["id"])
