"""The console as a chat platform: `Frontend` over a durable thread and a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path

from bot.console.pictures import Pictures
from bot.console.render import render
from bot.console.server import PLATFORM, THREAD, ConsoleServer
from bot.console.thread import ConsoleThread, thread_path
from bot.console.timeline import BOT_NAME, Body
from bot.console.wire import socket_path
from bot.frontend import Accept, AttachmentGone, FrontendUnavailable, MessageGone
from bot.replies import Reply
from bot.requests import Attachment, MessageRef, Requester, ThreadAddress
from core.feedback.decode import shown_name
from core.settings import Settings
from core.store.blobs import Blobs


class Console:
    """The front-end that is always there. Its workspace is this machine, its thread is one."""

    platform = PLATFORM
    connection: str | None = None  # a second bot on the same folder finds the socket taken

    def __init__(self, settings: Settings, blobs: Blobs) -> None:
        self._socket_path = socket_path(settings.data_dir)
        self._thread = ConsoleThread(thread_path(settings.data_dir.resolve()))
        self._pictures = Pictures(settings.data_dir.resolve() / "console" / "pictures", blobs)

    async def run(self, accept: Accept) -> None:
        """Let people attach until cancelled."""
        await ConsoleServer(self._thread, self._socket_path, accept, self._pictures).serve()

    async def read(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Read a file of this machine.

        Raises:
            AttachmentGone: It cannot be opened.
        """
        try:
            return await asyncio.to_thread(_first_bytes, Path(attachment.address), max_bytes)
        except OSError as error:
            raise AttachmentGone(
                f"{shown_name(attachment.filename)} could not be read. Attach it again."
            ) from error

    async def open_thread(
        self,
        requester: Requester,
        title: str,
        *,
        nonce: str,
        is_private: bool = False,
        guests: Collection[str] = (),
    ) -> ThreadAddress:
        """Return the one thread: everything happens there."""
        return THREAD

    async def answer(self, requester: Requester, reply: Reply | None, *, nonce: str) -> None:
        """Answer in the thread, for it is everybody's."""
        if reply is not None:
            await self.post(requester.thread, reply, nonce=nonce)

    async def post(self, thread: ThreadAddress, reply: Reply, *, nonce: str) -> MessageRef:
        """Post once under this nonce.

        Raises:
            FrontendUnavailable: The disk takes nothing now.
        """
        earlier = self._thread.with_nonce(nonce)
        if earlier is not None:
            return MessageRef(THREAD, str(earlier.number))
        post = self._thread.post(BOT_NAME, await self._body(reply), nonce=nonce)
        return MessageRef(THREAD, str(post.number))

    async def edit(self, message: MessageRef, reply: Reply) -> None:
        """Replace what a message says; a preview that it no longer shows is removed.

        Raises:
            MessageGone: Somebody cleared it.
            FrontendUnavailable: The disk takes nothing now.
        """
        number = int(message.message) if message.message.isdecimal() else 0
        earlier = self._thread.get(number)
        if earlier is None:
            raise MessageGone(f"message {message.message}")
        self._thread.edit(number, await self._body(reply))
        self._pictures.forget(
            {picture.path for picture in earlier.body.pictures} - self._thread.picture_paths()
        )

    async def _body(self, reply: Reply) -> Body:
        card = render(reply)
        try:
            pictures = [await self._pictures.show(picture) for picture in card.pictures]
        except OSError as error:
            raise FrontendUnavailable(f"A picture cannot be written: {error}.") from error
        return Body(card.lines, tuple(pictures), card.buttons, card.choices, card.mention, card.is_live)


def _first_bytes(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)
