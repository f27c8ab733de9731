"""Discord as a chat platform: `Frontend` over a supervised client. Requests come in by `client`; this sends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial

import discord
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.catching_up import CatchingUp, InReview
from bot.discord.addresses import PLATFORM
from bot.discord.answers import Answers
from bot.discord.ballots import DiscordBallots
from bot.discord.client import build_client
from bot.discord.limits import LOGIN_PATIENCE_SECONDS, REQUEST_PATIENCE_SECONDS
from bot.discord.line import Line
from bot.discord.links import Links
from bot.discord.messages import Messages
from bot.discord.plans import read_grants
from bot.discord.posting import Posting
from bot.discord.rest import Rest
from bot.discord.supervisor import Supervisor
from bot.discord.threads import Threads
from bot.doors import Doors
from bot.frontend import Accept
from bot.replies import Reply
from bot.requests import Attachment, MessageRef, Requester, ThreadAddress
from core.clock import Clock, utc_now
from core.rules.plans import load_plans
from core.settings import Settings
from core.store.blobs import Blobs


@dataclass(frozen=True)
class Time:
    """What tells the time and passes it; a test has its own."""

    clock: Clock = utc_now
    monotonic: Callable[[], float] = time.monotonic
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    login_patience_seconds: float = LOGIN_PATIENCE_SECONDS
    request_patience_seconds: float = REQUEST_PATIENCE_SECONDS


class Discord:
    """The front-end that is there when LIKENESS_DISCORD_TOKEN is set."""

    platform = PLATFORM
    connection: str | None = "discord"

    def __init__(
        self,
        settings: Settings,
        blobs: Blobs,
        doors: Doors,
        in_review: InReview,
        time_source: Time | None = None,
    ) -> None:
        """Prepare; nothing is asked of Discord before `run`.

        Args:
            settings: With the token.
            blobs: Where pictures are.
            doors: What forms and suggestions ask.
            in_review: The photos whose votes a new session has to look after.
            time_source: The wall's, unless a test says otherwise.

        Raises:
            ConfigurationError: LIKENESS_DISCORD_PLANS cannot be read.
        """
        self._settings = settings
        self._doors = doors
        self._time = it = time_source or Time()
        self._line = Line(
            login_patience_seconds=it.login_patience_seconds,
            request_patience_seconds=it.request_patience_seconds,
        )
        rest = Rest(self._line)
        grants = read_grants(settings.discord_plans, load_plans(settings.plans_file))
        messages = Messages(rest, self._line, blobs, it.clock, it.monotonic)
        self._links = Links(settings.discord_api_base)
        self._posting = Posting(rest, messages, self._line)
        self._answers = Answers(rest, self._posting, blobs, it.clock)
        self._threads = Threads(rest, messages, it.clock)
        self._catching_up = CatchingUp(in_review, DiscordBallots(rest, self._line, grants), wait=it.wait)
        self._supervisor: Supervisor | None = None

    @property
    def problem(self) -> str:
        """What keeps the bot off Discord and only its operator can mend, as a sentence; else empty."""
        return self._supervisor.problem if self._supervisor else ""

    @property
    def client(self) -> discord.Client | None:
        """The client whose task goes on, once it has logged in. It is up while there is one."""
        return self._line.current

    async def run(self, accept: Accept) -> None:
        """Serve until cancelled, one client after the other."""
        point_at(self._settings)
        self._supervisor = Supervisor(
            partial(self._build, accept),
            self._settings.discord_token.get_secret_value(),
            self._line,
            wait=self._time.wait,
            monotonic=self._time.monotonic,
        )
        await self._supervisor.run()

    def _build(self, accept: Accept, shard_count: int) -> discord.Client:
        client = build_client(self._settings, accept, self._doors, shard_count=shard_count)
        client.after_new_session = partial(self._catching_up.run, accept, client.is_closed)
        return client

    async def read(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Read a file from Discord's file servers.

        Raises:
            AttachmentGone: Its link has expired, or it was deleted.
            FrontendUnavailable: It cannot be read now.
        """
        return await self._links.read(attachment, max_bytes)

    async def open_thread(
        self,
        requester: Requester,
        title: str,
        *,
        nonce: str,
        is_private: bool = False,
        guests: Collection[str] = (),
    ) -> ThreadAddress:
        """Return a thread of its own; in threads and direct messages, and where none may be opened, the same place.

        Raises:
            ThreadRefused: It has to be private, and cannot be.
            FrontendUnavailable: None can be opened now.
        """
        return await self._threads.open(requester, title, nonce, is_private=is_private, guests=guests)

    async def answer(self, requester: Requester, reply: Reply | None, *, nonce: str) -> None:
        """Answer for the person's eyes only while their interaction lasts, then in the thread.

        Raises:
            FrontendUnavailable: Nothing can be said now.
        """
        await self._answers.answer(requester, reply, nonce=nonce)

    async def post(self, thread: ThreadAddress, reply: Reply, *, nonce: str) -> MessageRef:
        """Post once under this nonce.

        Raises:
            FrontendUnavailable: Nothing can be posted now.
        """
        return await self._posting.post(thread, reply, nonce=nonce)

    async def edit(self, message: MessageRef, reply: Reply) -> None:
        """Replace what a message says.

        Raises:
            MessageGone: Somebody deleted it, or it can no longer be changed where it is.
            FrontendUnavailable: Nothing can be changed now.
        """
        await self._posting.edit(message, reply)


def point_at(settings: Settings) -> None:
    """Let discord.py talk to the Discord that the settings name. It keeps that in its modules."""
    if settings.discord_api_base:
        Route.BASE = settings.discord_api_base
    if settings.discord_gateway:
        DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.discord_gateway)
