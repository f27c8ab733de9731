"""What a person asked of the bot, and what came of it."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.discord.components import Component, Kind, walk
from tests.fakes.discord.messages import Message
from tests.fakes.discord.payloads import user_payload
from tests.fakes.discord.state import Channel, User

if TYPE_CHECKING:
    from tests.fakes.discord.payloads import Payload

ACK_SECONDS = 3  # discord-api-docs, Receiving and Responding
TOKEN_SECONDS = 15 * 60  # the same


class Asked(enum.IntEnum):
    """The types of interaction."""

    COMMAND = 2
    COMPONENT = 3
    AUTOCOMPLETE = 4
    FORM = 5


class Answer(enum.IntEnum):
    """The types of first answer to an interaction."""

    PONG = 1
    MESSAGE = 4
    MESSAGE_LATER = 5
    UPDATE_LATER = 6
    UPDATE = 7
    CHOICES = 8
    FORM = 9


@dataclass(frozen=True)
class Choice:
    """A suggestion while a person types."""

    name: str
    value: str | int | float


@dataclass(frozen=True)
class FormField:
    """A field of a form as a person sees it."""

    label: str
    description: str | None
    kind: Kind
    custom_id: str
    is_required: bool
    options: tuple[str, ...]
    """The labels of what can be chosen."""
    component: Component = field(repr=False, compare=False)


@dataclass(frozen=True)
class Form:
    """A form that opened: what discord.py calls a modal."""

    custom_id: str
    title: str
    components: list[Component] = field(repr=False)

    @property
    def fields(self) -> list[FormField]:
        """Its fields, top to bottom."""
        found: list[FormField] = []
        labels: dict[int, Component] = {}
        for _, each in walk(self.components):
            if each["type"] == Kind.LABEL:
                labels[id(each["component"])] = each
            elif "custom_id" in each:
                found.append(_field(each, labels.get(id(each), each)))
        return found

    def field(self, wanted: str) -> FormField:
        """Return the field with this label or custom_id."""
        for each in self.fields:
            if wanted in (each.label, each.custom_id):
                return each
        shown = ", ".join(each.label for each in self.fields)
        raise AssertionError(f"the form has no field {wanted!r}, only: {shown}")

    def text(self) -> str:
        """Return all that people read in it."""
        lines = [self.title]
        for _, each in walk(self.components):
            lines += [each.get("label"), each.get("description"), each.get("content")]
        return "\n".join(line for line in lines if line)


def _field(component: Component, label: Component) -> FormField:
    return FormField(
        label.get("label") or "",
        label.get("description"),
        Kind(component["type"]),
        component["custom_id"],
        component.get("required", True) is not False and component["type"] != Kind.CHECKBOX,
        tuple(option["label"] for option in component.get("options") or ()),
        component,
    )


@dataclass(eq=False)
class Interaction:
    """One thing that a person asked, and how far the bot got with it."""

    id: int
    token: str
    kind: Asked
    user: User
    channel: Channel
    payload: Payload = field(repr=False)
    asked_at: float
    """Seconds on the fake's clock."""
    now: Callable[[], float] = field(repr=False)
    until: Callable[[Callable[[], Any]], Awaitable[Any]] = field(repr=False)
    source: Interaction | None = None
    """The one that opened the form that this one submits."""
    message: Message | None = None
    """Where the button or the list stands."""
    target: Message | None = None
    """What a context menu command is about."""
    acknowledgement: Answer | None = None
    acked_within: float | None = None
    """Seconds on the fake's clock."""
    modal: Form | None = None
    submissions: list[Interaction] = field(default_factory=list)
    """How often the form was sent; it closes when the bot has answered."""
    choices: list[Choice] = field(default_factory=list)
    followups: list[Message] = field(default_factory=list)
    _original: Message | None = None

    @property
    def is_acknowledged(self) -> bool:
        """Whether the bot has given its first answer."""
        return self.acknowledgement is not None

    @property
    def is_failed(self) -> bool:
        """Whether Discord tells the person that the application did not respond."""
        return not self.is_acknowledged and self.now() - self.asked_at > ACK_SECONDS

    @property
    def is_over(self) -> bool:
        """Whether its token is worth nothing any more."""
        return self.now() - self.asked_at > TOKEN_SECONDS

    @property
    def original(self) -> Message | None:
        """What `@original` names: the reply, or the message that an update is about."""
        if self.acknowledgement in (Answer.UPDATE, Answer.UPDATE_LATER):
            return self.message
        return self._original

    @property
    def response(self) -> Message | None:
        """The reply as it is now, if there is one that was not deleted."""
        return None if self._original is None or self._original.is_deleted else self._original

    @property
    def replies(self) -> list[Message]:
        """The reply and what followed it."""
        first = [] if self.response is None else [self.response]
        return first + [each for each in self.followups if not each.is_deleted]

    def answer_with(self, message: Message) -> None:
        """Keep the reply."""
        self._original = message

    def text(self) -> str:
        """Return all that the replies say."""
        return "\n".join(reply.text() for reply in self.replies)

    async def replied(self) -> Message:
        """Wait until a reply is there that says something, and return the newest."""

        def newest() -> Message | None:
            said = [reply for reply in self.replies if not reply.is_thinking]
            return said[-1] if said else None

        message: Message = await self.until(newest)
        return message

    def metadata(self) -> Payload:
        """Return what Discord notes on the messages that answer it."""
        noted: Payload = {
            "id": str(self.id),
            "type": int(self.kind),
            "user": user_payload(self.user),
            "authorizing_integration_owners": self.payload["authorizing_integration_owners"],
        }
        if self.message is not None and self.kind is Asked.COMPONENT:
            noted["interacted_message_id"] = str(self.message.id)
        if self.target is not None:
            noted["target_message_id"] = str(self.target.id)
        if self.source is not None:
            noted["triggering_interaction_metadata"] = self.source.metadata()
        return noted
