"""The scene of a story: workspaces, channels, groups, people and the app among them."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from tests.fakes.slack import events
from tests.fakes.slack.app_settings import AppSettings
from tests.fakes.slack.files import File, StoredFile
from tests.fakes.slack.messages import Message
from tests.fakes.slack.people import Person
from tests.fakes.slack.reading import Reading
from tests.fakes.slack.state import (
    Channel,
    ChannelKind,
    Ids,
    Installation,
    TokenState,
    User,
    UserGroup,
    Workspace,
)
from tests.fakes.strict import Clock

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack


class Scenery(Reading):
    """Makes what a story needs."""

    address: str
    app: AppSettings
    workspace: Workspace

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock = clock
        self.ids = Ids(clock)
        self._choices: dict[tuple[str, str], dict[str, Any]] = {}

    @property
    def _whole(self) -> FakeSlack:
        return cast("FakeSlack", self)

    @property
    def _now(self) -> int:
        return int(self.clock().timestamp())

    # Workspaces and the app in them

    def add_workspace(self, name: str, *, is_installed: bool = False) -> Workspace:
        """Make a workspace, with an owner and without the app."""
        workspace = Workspace(self.ids.next("T"), name)
        self.world.workspaces[workspace.id] = workspace
        self._new_user(f"owner-of-{workspace.domain}", workspace)
        if is_installed:
            self.install(workspace)
        return workspace

    def install(
        self,
        workspace: Workspace,
        scopes: Iterable[str] | None = None,
        installer: User | None = None,
    ) -> Installation:
        """Install the app, or install it anew: scopes add up, and the token changes with a new bot only."""
        wanted = set(self.app.scopes if scopes is None else scopes)
        before = workspace.installation
        if before is not None and before.state is not TokenState.UNINSTALLED:
            before.scopes |= wanted
            if before.state is TokenState.REVOKED:
                self.world.old_tokens[before.token] = Installation(
                    workspace, before.bot, before.token, set(), state=TokenState.REVOKED
                )
                before.token, before.state = self._new_token(), TokenState.ACTIVE
            return before
        if before is not None:
            self.world.old_tokens[before.token] = before
        bot = self._new_user(self.app.name.lower(), workspace, bot_id=self.ids.next("B"))
        installation = Installation(workspace, bot, self._new_token(), wanted, installer)
        workspace.installation = installation
        self.changed()
        return installation

    def uninstall(self, workspace: Workspace) -> None:
        """Take the app out of a workspace: it is told so, and its token is worth nothing."""
        installation = workspace.installed
        installation.state = TokenState.UNINSTALLED
        installation.bot.is_deleted = True
        for channel in self.world.channels.values():
            if installation.bot in channel.members:
                channel.members.remove(installation.bot)
        events.tokens_revoked(self._whole, installation)
        events.app_uninstalled(self._whole, installation)
        self.changed()

    def _new_token(self) -> str:
        return f"xoxb-{secrets.randbelow(10**12):012d}-{secrets.token_hex(12)}"

    def installation_for(self, channel: Channel, user: User) -> Installation:
        """Return the app that somebody in a channel speaks to: their own workspace's, else the channel's."""
        spaces = (user.workspace, channel.workspace, *channel.shared_with)
        found = (each.installation for each in spaces if each.installation is not None)
        installation = next((each for each in found if each.is_active), None)
        assert installation is not None, f"the app is not there for {user.name} in #{channel.name}"
        return installation

    # Channels and people

    def channel(
        self,
        name: str,
        workspace: Workspace | None = None,
        *,
        is_private: bool = False,
        has_bot: bool = True,
    ) -> Channel:
        """Return the channel of that name, made if it is not there, with all people of the workspace in it."""
        workspace = workspace or self.workspace
        for each in self.world.channels.values():
            if each.name == name and each.workspace is workspace and each.kind is not ChannelKind.DIRECT:
                return each
        kind = ChannelKind.PRIVATE if is_private else ChannelKind.PUBLIC
        people = [user for user in workspace.users.values() if not user.is_bot]
        channel = Channel(self.ids.next("C"), name, kind, workspace, self._now, people[0])
        channel.members = people
        self.world.channels[channel.id] = channel
        if has_bot and workspace.installation is not None:
            self.join(channel, workspace.installation.bot)
        return channel

    def join(self, channel: Channel, who: User | Person) -> None:
        """Let somebody, or the bot, into a channel."""
        user = who.user if isinstance(who, Person) else who
        assert user not in channel.members, f"{user.name} is in #{channel.name}"
        channel.members.append(user)
        events.member_joined(self._whole, channel, user, None if user is channel.creator else channel.creator)
        self.changed()

    def leave(self, channel: Channel, who: User | Person) -> None:
        """Let somebody, or the bot, out of a channel."""
        channel.members.remove(who.user if isinstance(who, Person) else who)
        self.changed()

    def share(self, channel: Channel, workspace: Workspace) -> None:
        """Open a channel to another company."""
        channel.shared_with.append(workspace)

    def person(self, name: str, workspace: Workspace | None = None, *, is_admin: bool = False) -> Person:
        """Return somebody of a workspace, who joined it and its public channels just now if need be."""
        workspace = workspace or self.workspace
        found = (each for each in workspace.users.values() if each.name == name and not each.is_bot)
        user = next(found, None)
        if user is None:
            user = self._new_user(name, workspace)
            for channel in self.world.channels.values():
                if channel.workspace is workspace and channel.kind is ChannelKind.PUBLIC:
                    self.join(channel, user)
        user.is_admin |= is_admin
        return Person(self._whole, user)

    def guest(self, name: str, channel: Channel, company: str = "Partner") -> Person:
        """Return somebody of another company who is in a channel; the channel is opened to it."""
        spaces = self.world.workspaces.values()
        workspace = next((each for each in spaces if each.name == company), None) or self.add_workspace(
            company
        )
        if workspace not in channel.shared_with:
            self.share(channel, workspace)
        person = self.person(name, workspace)
        if person.user not in channel.members:
            self.join(channel, person)
        return person

    def user_group(
        self, handle: str, members: Iterable[Person] = (), workspace: Workspace | None = None
    ) -> UserGroup:
        """Return the user group of that handle, made if it is not there, with these people in it."""
        workspace = workspace or self.workspace
        found = (each for each in workspace.groups.values() if each.handle == handle)
        group = next(found, None) or UserGroup(self.ids.next("S"), handle, workspace)
        workspace.groups[group.id] = group
        group.members += [each.user for each in members if each.user not in group.members]
        return group

    def conversation_with(self, user: User, installation: Installation) -> Channel:
        """Return the direct conversation of the bot and somebody."""
        for each in self.world.channels.values():
            if each.kind is ChannelKind.DIRECT and {user, installation.bot} == set(each.members):
                return each
        channel = Channel(
            self.ids.next("D"), user.name, ChannelKind.DIRECT, installation.workspace, self._now, user
        )
        channel.members = [user, installation.bot]
        self.world.channels[channel.id] = channel
        return channel

    def _new_user(self, name: str, workspace: Workspace, bot_id: str | None = None) -> User:
        user = User(self.ids.next("U"), name, workspace, bot_id)
        workspace.users[user.id] = user
        return user

    # Files and choices

    def new_file(self, name: str, owner: User) -> StoredFile:
        """Make room for a file."""
        file = StoredFile(self.ids.next("F"), name, owner, self._now, self.address)
        self.world.files[file.id] = file
        return file

    def take_file(self, file: File, owner: User) -> StoredFile:
        """Take a file from a person's client: Slack is done with it at once, unless a test says otherwise."""
        stored = self.new_file(file.filename, owner)
        stored.content, stored.title = file.content, file.filename
        stored.is_uploaded = stored.is_complete = True
        stored.polls_left = self._whole.polls_until_photos_accessible
        return stored

    def find_file(self, slack_file: Mapping[str, str]) -> StoredFile | None:
        """Return the file that a block names by its id or one of its addresses."""
        if "id" in slack_file:
            return self.world.files.get(slack_file["id"])
        address = slack_file.get("url")
        files = self.world.files.values()
        return next((each for each in files if address in (each.url_private, each.permalink)), None)

    def choices(self, user: User, message: Message) -> dict[str, Any]:
        """Return what somebody has chosen in a message's lists: the dictionary to change."""
        return self._choices.setdefault((user.id, message.ts), {})
