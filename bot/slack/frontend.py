"""Slack as a chat platform: `Frontend` over one app in one workspace or many.

listening ─► hearing ─► commands, conversations, forms ─► accept          what comes
posting ─► messages ─► showing ─► uploads ─► web ─► pace ─► clients       what goes
installations: whose tokens;  threads, answers, files, ballots: the rest of the port
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from bot.catching_up import RETRY_SECONDS, CatchingUp, InReview
from bot.doors import FullDoors
from bot.frontend import Accept, FrontendUnavailable
from bot.replies import Reply
from bot.requests import Attachment, MessageRef, Requester, ThreadAddress
from bot.slack.addresses import PLATFORM, place_of
from bot.slack.answers import Answers
from bot.slack.ballots import SlackBallots
from bot.slack.clients import Clients
from bot.slack.configuration import command_prefix
from bot.slack.files import Files
from bot.slack.installations import Installations, TokenUnusable
from bot.slack.installing import Installing
from bot.slack.limits import REQUEST_PATIENCE_SECONDS
from bot.slack.listening import Listener
from bot.slack.messages import Messages
from bot.slack.pace import Pace
from bot.slack.posting import Posting
from bot.slack.threads import Threads
from bot.slack.uploads import Uploads
from bot.slack.web import Web
from bot.slack.wording import Wording
from core.clock import Clock, utc_now
from core.patience import patiently
from core.settings import Settings
from core.store.blobs import Blobs


@dataclass(frozen=True)
class Time:
    """What tells the time and passes it; a test has its own."""

    clock: Clock = utc_now
    monotonic: Callable[[], float] = time.monotonic
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep
    request_patience_seconds: float = REQUEST_PATIENCE_SECONDS


class Slack:
    """The front-end that is there when LIKENESS_SLACK_BOT_TOKEN or LIKENESS_SLACK_CLIENT_ID is set."""

    platform = PLATFORM
    connection: str | None = "slack"
    """One process at a time, although Slack would talk to several: the pace of a channel is kept by one."""

    def __init__(
        self,
        settings: Settings,
        blobs: Blobs,
        doors: FullDoors,
        in_review: InReview,
        time_source: Time | None = None,
    ) -> None:
        """Prepare; nothing is asked of Slack before `run`.

        Args:
            settings: With the tokens.
            blobs: Where pictures are.
            doors: What forms, suggestions and the Home tab ask.
            in_review: The photos whose votes are looked after when the bot comes up.
            time_source: The wall's, unless a test says otherwise.

        Raises:
            ConfigurationError: The settings cannot work together.
        """
        it = time_source or Time()
        base = settings.slack_api_base
        self._settings = settings
        self._doors = doors
        self._time = it
        self._installations = Installations(settings, it.clock)
        self._clients = Clients(self._installations, base, self._installations.gone, wait=it.wait)
        patience = it.request_patience_seconds
        self._pace = Pace(monotonic=it.monotonic, wait=it.wait)
        web = Web(self._clients, self._pace, patience_seconds=patience)
        uploads = Uploads(web, blobs, wait=it.wait, patience_seconds=patience)
        wording = Wording(command_prefix(settings))
        self._messages = messages = Messages(web, uploads, it.monotonic)
        self._posting = Posting(web, messages, wording)
        self._threads = Threads(web, messages)
        self._answers = Answers(web, self._posting, uploads, wording, base)
        self._files = Files(web, self._clients, base, wait=it.wait)
        self._catching_up = CatchingUp(in_review, SlackBallots(web, self._whose), wait=it.wait)
        self._listener: Listener | None = None

    @property
    def problem(self) -> str:
        """What keeps the bot off Slack and only its operator can mend, as a sentence; else empty."""
        heard = self._listener.problem if self._listener else ""
        return heard or self._installations.problem

    @property
    def is_up(self) -> bool:
        """Whether Slack can tell us something now."""
        return self._listener is not None and self._listener.is_up

    @property
    def address(self) -> str:
        """Where this process listens for HTTP, once it does; else empty."""
        return self._listener.address if self._listener else ""

    async def run(self, accept: Accept) -> None:
        """Serve until cancelled."""
        self._messages.forget()  # another process may have posted since we last did
        self._listener = Listener(
            self._settings,
            self._clients,
            self._doors,
            accept,
            self._installations.gone,
            routes=Installing(self._settings, self._installations, self._time.clock).routes(),
            after_coming_up=lambda: self._catch_up(accept),
            wait=self._time.wait,
            monotonic=self._time.monotonic,
            pace=self._pace,
        )
        await self._listener.run()

    async def _catch_up(self, accept: Accept) -> None:
        """Go after what happened while no process was up: the app may be back, and people may have voted."""
        while True:
            try:
                await patiently(self._installations.look_again, "workspaces that removed the app")
                break
            except TokenUnusable:
                break  # its operator has been told
            except FrontendUnavailable:
                await self._time.wait(RETRY_SECONDS)
        await self._catching_up.run(accept)

    async def _whose(self, workspace: str, user_id: str, thread: ThreadAddress) -> Requester:
        assert self._listener is not None, "nothing is caught up with before it listens"
        return await self._listener.people.requester(place_of(thread), user_id)

    async def read(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Read a file from Slack's file servers.

        Raises:
            AttachmentGone: Slack does not give it to us.
            FrontendUnavailable: It cannot be read now.
        """
        return await self._files.read(attachment, max_bytes)

    async def open_thread(
        self,
        requester: Requester,
        title: str,
        *,
        nonce: str,
        is_private: bool = False,
        guests: Collection[str] = (),
    ) -> ThreadAddress:
        """Return a thread of its own; in a thread the same place, and the person's own conversation with us in private.

        There nobody can be let in, so `guests` are not: a conversation with several people would be the same for all
        models of the same people, could not hold user groups, and would need two more scopes. `/settings` says so.

        Raises:
            ThreadRefused: It has to be private, and cannot be.
            FrontendUnavailable: None can be opened now.
        """
        return await self._threads.open(requester, title, nonce, is_private=is_private)

    async def answer(self, requester: Requester, reply: Reply | None, *, nonce: str) -> None:
        """Answer for the person's eyes only.

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
            MessageGone: Somebody deleted it, or it can no longer be changed.
            FrontendUnavailable: Nothing can be changed now.
        """
        await self._posting.edit(message, reply)
