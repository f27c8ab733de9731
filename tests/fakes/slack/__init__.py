"""A strict stand-in for Slack: it holds requests against the official types, and what it sends against the samples.

    FakeSlack ── Scenery      workspaces, channels, groups; `person()` gives a Person who acts
       │
       ├─ WebApi      /api/…: specification → rules_* → api_* → samples
       ├─ Deliverer   what the app is told, its acknowledgement in time, retries with numbers
       │    ├─ Sockets    Socket Mode: tickets, envelopes, lines that end
       │    └─ HttpMode   signed requests
       ├─ FileServer  uploads, and downloads for who bears the right token
       ├─ Triggers    forms within three seconds, answers to response addresses
       ├─ OAuth       installing
       ├─ Pace        how fast the app calls
       └─ Faults      what goes wrong on demand

What no correct program does becomes a complaint, and a complaint fails the test: see `allowances`.
"""

from tests.fakes.slack.fake import FakeSlack
from tests.fakes.slack.faults import (
    RESET_AFTER_STORING,
    RESET_BEFORE,
    TIMEOUT,
    rate_limited,
    refusal,
    server_error,
)
from tests.fakes.slack.files import File
from tests.fakes.slack.interactions import Interaction
from tests.fakes.slack.messages import Message
from tests.fakes.slack.people import Person
from tests.fakes.slack.state import Channel, Installation, User, UserGroup, Workspace
from tests.fakes.slack.views import View
from tests.fakes.strict import Complaint

__all__ = [
    "RESET_AFTER_STORING",
    "RESET_BEFORE",
    "TIMEOUT",
    "Channel",
    "Complaint",
    "FakeSlack",
    "File",
    "Installation",
    "Interaction",
    "Message",
    "Person",
    "User",
    "UserGroup",
    "View",
    "Workspace",
    "rate_limited",
    "refusal",
    "server_error",
]
