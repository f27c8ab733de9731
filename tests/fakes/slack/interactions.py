"""One thing that a person asked of the app, and how far the app got with it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fakes.slack.delivery import Delivery
    from tests.fakes.slack.messages import Message
    from tests.fakes.slack.state import Channel, Installation, User
    from tests.fakes.slack.views import View


@dataclass(eq=False)
class Interaction:
    """A command, a press, a shortcut, a form that was sent or closed."""

    name: str
    user: User
    installation: Installation
    asked_at: float
    """Seconds on the fake's clock."""
    until: Callable[[Callable[[], Any]], Awaitable[Any]] = field(repr=False)
    channel: Channel | None = None
    message: Message | None = None
    """Where the button stands, or what a shortcut is about."""
    source_view: View | None = None
    """The form that was touched or sent."""
    trigger_id: str = ""
    response_url: str = ""
    delivery: Delivery | None = None
    replies: list[Message] = field(default_factory=list)
    """What was said with the acknowledgement or to the response address."""
    view: View | None = None
    """The form that it opened."""
    errors: dict[str, str] = field(default_factory=dict)
    """What the app said to the fields of a form, by their labels."""
    is_settled: bool = False
    """Whether what the acknowledgement said has been done."""

    @property
    def sent(self) -> Delivery:
        """How the app was told."""
        assert self.delivery is not None
        return self.delivery

    @property
    def is_acknowledged(self) -> bool:
        """Whether the app said in time that it heard."""
        return self.sent.is_acknowledged

    @property
    def acked_within(self) -> float | None:
        """Seconds on the fake's clock until then."""
        return self.sent.acked_within

    @property
    def is_failed(self) -> bool:
        """Whether Slack tells the person that it did not work."""
        return self.sent.is_failed

    @property
    def answer(self) -> Any:
        """What the acknowledgement said."""
        return self.sent.answer

    def text(self) -> str:
        """Return all that the replies say."""
        return "\n".join(reply.text() for reply in self.replies if not reply.is_deleted)

    async def replied(self) -> Message:
        """Wait until a reply is there, and return the newest."""
        await self.until(lambda: self.replies)
        return self.replies[-1]

    async def opened(self) -> View:
        """Wait until it has opened a form, and return that."""
        await self.until(lambda: self.view)
        assert self.view is not None
        return self.view
