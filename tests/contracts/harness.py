"""What the contract asks of a platform's test stand, and the console's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Protocol

from PIL import Image

from bot.console.client import ConsoleClient
from bot.console.frontend import Console
from bot.console.text import body_lines, heading
from bot.frontend import Frontend
from bot.replies import Picture
from bot.requests import MessageRef, Request, ThreadAddress
from core.settings import Settings
from core.store.blobs import Blobs


@dataclass(frozen=True)
class Seen:
    """A message of the bot as a person sees it."""

    message: str
    text: str
    labels: tuple[str, ...]
    emojis: tuple[str, ...]
    picture_count: int


class Acceptor:
    """The bot's side of `accept`: remembers each event, and can be told to take its time."""

    def __init__(self) -> None:
        self.by_event: dict[str, Request] = {}
        self.calls: asyncio.Queue[str] = asyncio.Queue()
        self.may_return = asyncio.Event()
        self.may_return.set()

    async def accept(self, request: Request, event_id: str) -> None:
        self.calls.put_nowait(event_id)
        await self.may_return.wait()
        self.by_event.setdefault(event_id, request)

    @property
    def requests(self) -> list[Request]:
        return list(self.by_event.values())


class Harness(Protocol):
    """A running front-end, the platform behind it, and a person on it."""

    frontend: Frontend
    thread: ThreadAddress
    acceptor: Acceptor
    picture: Picture

    async def restart(self) -> None:
        """Start the front-end anew, as after a crash."""
        ...

    async def seen(self) -> list[Seen]:
        """Return the bot's messages in the thread."""
        ...

    async def delete(self, message: MessageRef) -> None:
        """Delete the message as the platform's people can."""
        ...

    async def imagine(self, prompt: str, event_id: str) -> bool:
        """Send `/imagine` as the platform's event of that id; return whether it was acknowledged."""
        ...

    async def press(self, message: MessageRef, label: str) -> None:
        """Press a button."""
        ...

    async def react(self, message: MessageRef, emoji: str, *, is_withdrawn: bool = False) -> None:
        """Put an emoji on a message, or take it off."""
        ...

    def answers_to(self, message: MessageRef) -> ThreadAddress:
        """Return where the answer to a button of this message goes."""
        ...

    async def round_trip(self) -> None:
        """Return when everything the front-end has sent so far has arrived."""
        ...


class ConsoleHarness:
    """The console over its real socket and files."""

    frontend: Frontend
    picture: Picture
    client: ConsoleClient

    def __init__(self, folder: Path) -> None:
        self._settings = Settings(data_dir=folder, _env_file=None)
        self._blobs = Blobs(self._settings.resolved_storage_dir)
        self.acceptor = Acceptor()
        self.thread = ThreadAddress("console", "main")

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path) -> AsyncIterator[ConsoleHarness]:
        harness = cls(folder)
        image = BytesIO()
        Image.new("RGB", (32, 24), "teal").save(image, "PNG")
        key = await harness._blobs.put("w", image.getvalue(), ".png")
        harness.picture = Picture(key, "side view.png", "the side view")
        harness._start()
        try:
            async with ConsoleClient(folder, "mia") as harness.client:
                yield harness
        finally:
            await harness._stop()

    def _start(self) -> None:
        self.frontend = Console(self._settings, self._blobs)
        self._running = asyncio.create_task(self.frontend.run(self.acceptor.accept))

    async def _stop(self) -> None:
        self._running.cancel()
        await asyncio.gather(self._running, return_exceptions=True)

    async def restart(self) -> None:
        await self._stop()
        self._start()

    async def seen(self) -> list[Seen]:
        await self.round_trip()
        return [
            Seen(
                str(post.number),
                "\n".join((heading(post), *body_lines(post))),
                tuple(button.label for button in post.body.buttons),
                tuple(choice.emoji for choice in post.body.choices),
                len(post.body.pictures),
            )
            for post in self.client.messages
            if post.is_ours
        ]

    async def delete(self, message: MessageRef) -> None:
        assert (await self.client.say(f"/clear {message.message}")).is_accepted

    async def imagine(self, prompt: str, event_id: str) -> bool:
        return (await self.client.say(f"/imagine {prompt}", event_id=event_id)).is_accepted

    async def press(self, message: MessageRef, label: str) -> None:
        answer = await self.client.say(f"/press {message.message} {label}")
        assert answer.is_accepted, answer.lines

    async def react(self, message: MessageRef, emoji: str, *, is_withdrawn: bool = False) -> None:
        verb = "unreact" if is_withdrawn else "react"
        answer = await self.client.say(f"/{verb} {message.message} {emoji}")
        assert answer.is_accepted, answer.lines

    def answers_to(self, message: MessageRef) -> ThreadAddress:
        return self.thread

    async def round_trip(self) -> None:
        async with ConsoleClient(self._settings.data_dir, "witness") as witness:
            revision = witness.timeline.revision
        await self.client.wait_for(lambda timeline: timeline.revision >= revision, 10)
