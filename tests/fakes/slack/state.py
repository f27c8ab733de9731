"""What Slack remembers: workspaces, installations, users, channels, user groups. Nothing here talks."""

from __future__ import annotations

import enum
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.fakes.strict import Clock

if TYPE_CHECKING:
    from tests.fakes.slack.files import StoredFile
    from tests.fakes.slack.messages import Message
    from tests.fakes.slack.views import View

MICROSECONDS = 1_000_000


class Ids:
    """Ids as Slack's are: a letter for the kind, then capitals and digits; and timestamps that only grow."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._count = 0
        self._last_ts = 0

    def next(self, kind: str) -> str:
        """Return an id that nothing else has, such as `C01…` for `C`."""
        self._count += 1
        digits, rest = "", self._count + 36**4
        while rest:
            rest, digit = divmod(rest, 36)
            digits = (string.digits + string.ascii_uppercase)[digit] + digits
        return kind + digits.rjust(10, "0")

    def next_ts(self) -> str:
        """Return the timestamp that names a new message: seconds, a dot, six digits."""
        now = int(self._clock().timestamp()) * MICROSECONDS
        self._last_ts = max(self._last_ts + 100, now)
        return f"{self._last_ts // MICROSECONDS}.{self._last_ts % MICROSECONDS:06d}"


@dataclass(eq=False)
class User:
    """An account: a person's, or a bot's in one workspace."""

    id: str
    name: str
    workspace: Workspace
    bot_id: str | None = None
    is_admin: bool = False
    is_deleted: bool = False

    @property
    def is_bot(self) -> bool:
        """Whether an app acts with it."""
        return self.bot_id is not None

    @property
    def real_name(self) -> str:
        """The name as people see it."""
        return self.name if self.is_bot else self.name.title()

    @property
    def mention(self) -> str:
        """The text that names the user in a message."""
        return f"<@{self.id}>"


class TokenState(enum.Enum):
    """What a token is worth; the values of the others are the errors that it earns."""

    ACTIVE = ""
    REVOKED = "token_revoked"
    UNINSTALLED = "account_inactive"


@dataclass(eq=False)
class Installation:
    """The app in one workspace."""

    workspace: Workspace
    bot: User
    token: str
    scopes: set[str]
    installer: User | None = None
    state: TokenState = TokenState.ACTIVE

    @property
    def bot_id(self) -> str:
        """The id of the bot, which is not the id of its user."""
        assert self.bot.bot_id is not None
        return self.bot.bot_id

    @property
    def is_active(self) -> bool:
        """Whether the app is told anything."""
        return self.state is TokenState.ACTIVE


@dataclass(eq=False)
class UserGroup:
    """A group of users with a handle of its own."""

    id: str
    handle: str
    workspace: Workspace
    members: list[User] = field(default_factory=list)

    @property
    def mention(self) -> str:
        """The text that names the group in a message."""
        return f"<!subteam^{self.id}>"


@dataclass(eq=False)
class Workspace:
    """One company's Slack."""

    id: str
    name: str
    users: dict[str, User] = field(default_factory=dict)
    groups: dict[str, UserGroup] = field(default_factory=dict)
    installation: Installation | None = None

    @property
    def domain(self) -> str:
        """The first part of its address."""
        return self.name.lower().replace(" ", "-")

    @property
    def installed(self) -> Installation:
        """The app in it, which must be there."""
        assert self.installation is not None, f"the app is not in {self.name}"
        return self.installation


class ChannelKind(enum.Enum):
    """Kinds of conversation; the values are what `channel_type` says in events."""

    PUBLIC = "channel"
    PRIVATE = "group"
    DIRECT = "im"


@dataclass(eq=False)
class Channel:
    """A conversation."""

    id: str
    name: str
    kind: ChannelKind
    workspace: Workspace
    created_at: int
    creator: User
    members: list[User] = field(default_factory=list)
    messages: dict[str, Message] = field(default_factory=dict)
    """Everything that was written there by `ts`, replies and deleted messages too."""
    shared_with: list[Workspace] = field(default_factory=list)
    is_archived: bool = False
    is_restricted: bool = False
    """Whether a setting of the workspace keeps the bot from posting."""

    @property
    def scope_prefix(self) -> str:
        """What a scope about this kind of conversation begins with."""
        return {"channel": "channels", "group": "groups", "im": "im"}[self.kind.value]

    @property
    def is_shared(self) -> bool:
        """Whether it is open to another company."""
        return bool(self.shared_with)

    @property
    def mention(self) -> str:
        """The text that names the channel in a message."""
        return f"<#{self.id}>"

    def is_seen_by(self, user: User) -> bool:
        """Tell whether somebody can read it."""
        is_open = self.kind is ChannelKind.PUBLIC and user.workspace is self.workspace
        return user in self.members or is_open


@dataclass(eq=False)
class World:
    """Everything that there is, by id."""

    workspaces: dict[str, Workspace] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    stacks: dict[str, list[View]] = field(default_factory=dict)
    """The modals that a user has open, by the user's id, the lowest first."""
    homes: dict[tuple[str, str], View] = field(default_factory=dict)
    """The Home tab of the app by workspace and user."""
    old_tokens: dict[str, Installation] = field(default_factory=dict)

    def user(self, user_id: str) -> User | None:
        """Return a user of any workspace."""
        found = (each.users.get(user_id) for each in self.workspaces.values())
        return next((user for user in found if user is not None), None)

    def installation(self, token: str) -> Installation | None:
        """Return the installation that a token belongs, or belonged, to."""
        for workspace in self.workspaces.values():
            if workspace.installation is not None and workspace.installation.token == token:
                return workspace.installation
        return self.old_tokens.get(token)
