"""What an event of Slack's comes to, before anybody is answered."""

from __future__ import annotations

from dataclasses import dataclass

from bot.requests import Request
from bot.slack.forms import Form


@dataclass(frozen=True)
class Sentence:
    """An answer that needs nobody else: it goes to the person who asked, and only to them.

    `field` is the field of a form that it is about; the form then stays open.
    """

    text: str
    field: str = ""


Asked = Request | Form | Sentence
