"""A strict stand-in for Discord: it holds every request and every answer against the official description.

    FakeDiscord ── Scenery      servers, channels, roles; `person()` gives a Person who acts
       │
       ├─ Rest       HTTP: specification → rules_* → rest_* → specification
       ├─ Gateway    sessions and what they are told; Connection is one line to it
       ├─ FileServer links that are signed and end
       └─ Faults     what goes wrong on demand

What no correct program does becomes a complaint, and a complaint fails the test: see `allowances`.
"""

from tests.fakes.discord.fake import FakeDiscord
from tests.fakes.discord.faults import (
    RESET_AFTER_STORING,
    RESET_BEFORE,
    TIMEOUT,
    rate_limited,
    refusal,
    server_error,
)
from tests.fakes.discord.interactions import Answer, Choice, Form, Interaction
from tests.fakes.discord.messages import File, Message
from tests.fakes.discord.people import Person
from tests.fakes.discord.state import Channel, Guild, Role, User
from tests.fakes.strict import Complaint

__all__ = [
    "RESET_AFTER_STORING",
    "RESET_BEFORE",
    "TIMEOUT",
    "Answer",
    "Channel",
    "Choice",
    "Complaint",
    "FakeDiscord",
    "File",
    "Form",
    "Guild",
    "Interaction",
    "Message",
    "Person",
    "Role",
    "User",
    "rate_limited",
    "refusal",
    "server_error",
]
