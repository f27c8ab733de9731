"""Somebody at the console all through the run, who repeats what did not work, as people do."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass
from enum import StrEnum
from uuid import uuid4

from bot.console.client import ConsoleClient
from bot.console.server import NOT_TAKEN
from bot.console.timeline import Post
from tests.chaos.parts import REPOSITORY

_MUG = REPOSITORY / "bot" / "demo_pictures" / "aurora-mug"
_AGAIN_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 10.0
"""How long to look at a card that does not change before pressing its button once more."""
_NO_CARD_SECONDS = 45.0
"""How long to wait for a card before thinking that the request was answered otherwise."""


class Wish(StrEnum):
    """What somebody asked for."""

    PICTURES = "pictures"
    TRAINING = "training"


@dataclass(frozen=True)
class Accepted:
    """A request that the bot said it took. From then on it must not be lost."""

    event_id: str
    wish: Wish
    line: str


class Person:
    """Types into the thread, and remembers what was accepted."""

    def __init__(self, client: ConsoleClient) -> None:
        self.accepted: list[Accepted] = []
        self._client = client

    async def paints(self, seed: int) -> None:
        """Ask for a picture of the demo model."""
        await self._asks(Wish.PICTURES, f"/imagine @flower-vase on a beach steps: 4 seed: {seed}")

    async def trains(self, name: str, *, is_regretted: bool = False) -> None:
        """Go from two photos to a queued quick training; think better of it then, where it is regretted.

        A draft that was closed on the way, by a clock that jumped a day, is left alone.
        """
        photos = f"{_MUG / '1.jpg'} {_MUG / '2.jpg'}"
        await self._asks(
            Wish.TRAINING, f"/train product name: {name} class: mug preset: quick photos: {photos}"
        )
        card = await self._card(name)
        while card is not None and not _is_launched(card):
            if label := _button_to_go_on(card):
                await self._say(f"/press {card.number} {label}")
            card = await self._changed(card, name)
        if is_regretted and card is not None:
            await self._say(f"/press {card.number} Cancel")

    async def _asks(self, wish: Wish, line: str) -> None:
        event_id = await self._say(line)
        while event_id is None:
            await asyncio.sleep(_AGAIN_SECONDS)
            event_id = await self._say(line)
        self.accepted.append(Accepted(event_id, wish, line))

    async def _say(self, line: str) -> str | None:
        """Type a line; return its event's id, or None where it was not written down."""
        event_id = uuid4().hex
        answer = await self._client.say(line, event_id=event_id)
        return None if NOT_TAKEN in answer.lines else event_id

    async def _card(self, name: str) -> Post | None:
        try:
            return await self._client.wait_for(lambda thread: self._find(name), _NO_CARD_SECONDS)
        except TimeoutError:
            return None

    async def _changed(self, card: Post, name: str) -> Post | None:
        """Wait until the card says something else, or long enough to press again."""
        with contextlib.suppress(TimeoutError):
            await self._client.wait_for(
                lambda thread: (found := self._find(name)) is None or found.text != card.text,
                _LOOK_AGAIN_SECONDS,
            )
        return self._find(name)

    def _find(self, name: str) -> Post | None:
        cards = (post for post in self._client.messages if post.text.startswith(f"{name} → "))
        return next((post for post in cards if post.is_ours), None)


def _button_to_go_on(card: Post) -> str:
    labels = {button.label for button in card.body.buttons}
    return next((label for label in ("Train anyway", "Looks right", "Start") if label in labels), "")


def _is_launched(card: Post) -> bool:
    """Whether it is a job's card by now, or closed: a draft's either looks at photos or waits for a button."""
    return "Analyzing" not in card.text and not _button_to_go_on(card)
