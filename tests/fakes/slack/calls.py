"""A request as a method's function gets it, and the table of those functions."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from tests.fakes.slack.errors import Refusal
from tests.fakes.slack.files import StoredFile
from tests.fakes.slack.messages import Message
from tests.fakes.slack.scopes import CONVERSATION_SCOPES
from tests.fakes.slack.state import Channel, ChannelKind, Installation, User

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack

T = TypeVar("T")
Answer = dict[str, Any]


@dataclass
class Call:
    """One request, its arguments read and found right."""

    fake: FakeSlack
    method: str
    args: dict[str, Any]
    token: str
    holder: Installation | None
    """Whose token it is; none for an app-level token, or where no token is asked for."""

    @property
    def installation(self) -> Installation:
        """The app in the workspace that the token is for."""
        assert self.holder is not None
        return self.holder

    @property
    def bot(self) -> User:
        """Who asks."""
        return self.installation.bot

    def need(self, scope: str) -> None:
        """Refuse unless the token has this scope."""
        granted = self.installation.scopes
        if scope not in granted:
            raise Refusal("missing_scope", needed=scope, provided=",".join(sorted(granted)))

    def channel(self, key: str = "channel", *, is_about_members: bool = False) -> Channel:
        """Return the conversation that an argument names, which the bot must be able to see.

        Args:
            key: The argument.
            is_about_members: Whether the bot must be in it.
        """
        channel = self.find_channel(self.args[key])
        if self.method in CONVERSATION_SCOPES:
            self.need(f"{channel.scope_prefix}:{CONVERSATION_SCOPES[self.method]}")
        if is_about_members and self.bot not in channel.members:
            raise Refusal("not_in_channel")
        return channel

    def find_channel(self, channel_id: str) -> Channel:
        """Return a conversation by its id; a user's id is the conversation with the user."""
        user = self.installation.workspace.users.get(channel_id)
        if user is not None and self.method.startswith("chat.post"):
            return self.fake.conversation_with(user, self.installation)
        channel = self.fake.world.channels.get(channel_id)
        home = self.installation.workspace
        is_here = channel is not None and home in (channel.workspace, *channel.shared_with)
        if channel is None or not is_here or not self._sees(channel):
            raise Refusal("channel_not_found")
        return channel

    def _sees(self, channel: Channel) -> bool:
        return self.bot in channel.members or channel.kind is ChannelKind.PUBLIC

    def message(self, channel: Channel, ts: str) -> Message:
        """Return a message that is still there."""
        message = channel.messages.get(ts)
        if message is None or message.is_deleted or message.is_ephemeral:
            raise Refusal("message_not_found")
        return message

    def user(self, user_id: str, error: str = "user_not_found") -> User:
        """Return a user of this workspace, or somebody that it shares a channel with."""
        user = self.fake.world.user(user_id)
        home = self.installation.workspace
        if user is not None and user.workspace is not home:
            shared = [
                each for each in self.fake.world.channels.values() if each.is_shared and user in each.members
            ]
            is_met = any(home in (each.workspace, *each.shared_with) for each in shared)
            user = user if is_met else None
        if user is None:
            raise Refusal(error)
        return user

    def file(self, file_id: str) -> StoredFile:
        """Return a file that the app may read."""
        file = self.fake.world.files.get(file_id)
        if file is None or not file.is_open_to(self.installation) or not file.is_complete:
            raise Refusal("file_not_found")
        return file

    def page(self, found: Sequence[T], default: int, most: int = 1000) -> tuple[list[T], str]:
        """Return what one answer holds of a list, and the cursor for the rest: empty at the end."""
        cursor = self.args.get("cursor") or ""
        try:
            start = (
                int(base64.b64decode(cursor, validate=True).decode().removeprefix("next:")) if cursor else 0
            )
        except ValueError:
            raise Refusal("invalid_cursor") from None
        limit = int(self.args.get("limit") or default)
        if not 1 <= limit <= most:
            raise Refusal("invalid_limit")
        rest = base64.b64encode(f"next:{start + limit}".encode()).decode()
        return list(found[start : start + limit]), rest if start + limit < len(found) else ""


Handler = Callable[[Call], Answer]
METHODS: dict[str, Handler] = {}
"""What the fake plays, by the method's name."""


def method(name: str) -> Callable[[Handler], Handler]:
    """Enter a function into the table."""

    def enter(handler: Handler) -> Handler:
        METHODS[name] = handler
        return handler

    return enter
