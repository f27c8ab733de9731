"""Somebody at Discord who follows a thread: waits until something is said there, and presses what is offered."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fakes.discord import Channel, FakeDiscord, Message, Person
from tests.scenarios.conftest import PATIENCE_SECONDS


@dataclass
class Thread:
    """A channel or thread, and somebody in it who reads and presses."""

    fake: FakeDiscord
    person: Person
    place: Channel

    async def reads(self, *words: str) -> Message:
        """Wait until the bot says all of this in one message."""
        return await self.fake.until(lambda: self._said(*words), patience_seconds=PATIENCE_SECONDS)

    def _said(self, *words: str) -> Message | None:
        for message in reversed(self.fake.messages(self.place)):
            if message.author is self.fake.bot and all(word in message.text() for word in words):
                return message
        return None

    async def presses(self, label: str) -> None:
        """Press the newest button of that label."""
        message = await self.fake.until(lambda: self._with_button(label), patience_seconds=PATIENCE_SECONDS)
        await self.person.press(message, label)

    def _with_button(self, label: str) -> Message | None:
        for message in reversed(self.fake.messages(self.place)):
            if any(button.label == label for button in message.buttons()):
                return message
        return None

    async def opens(self, title: str) -> Thread:
        """Wait for the thread that the bot opens for a piece of work."""
        found = await self.fake.until(
            lambda: next((thread for thread in self.fake.threads(self.place) if title in thread.name), None)
        )
        return Thread(self.fake, self.person, found)
