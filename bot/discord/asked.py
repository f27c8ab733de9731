"""What an event of Discord's comes to, before anybody is answered."""

from __future__ import annotations

from dataclasses import dataclass

from bot.discord.forms import Form
from bot.requests import Request


@dataclass(frozen=True)
class Sentence:
    """An answer that needs nobody else: it goes to the person who asked, and only to them."""

    text: str


Asked = Request | Form | Sentence
