"""People: what they can do in a Discord client, and nothing that the client would not let them do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tests.fakes.discord import asking, forms, posting, reactions
from tests.fakes.discord.components import Kind
from tests.fakes.discord.interactions import Asked, Choice, Interaction
from tests.fakes.discord.message_payloads import message_payload
from tests.fakes.discord.messages import REPLY, File, Message
from tests.fakes.discord.permissions import may
from tests.fakes.discord.rules_commands import MESSAGE_MENU
from tests.fakes.discord.rules_messages import MAX_FILES
from tests.fakes.discord.state import Channel, Member, Role, User

if TYPE_CHECKING:
    from tests.fakes.discord.fake import FakeDiscord

MAX_PERSON_CHARACTERS = 2000
MAX_CHOICES = 25  # discord-api-docs, Application Commands


class Person:
    """Somebody at a Discord client."""

    def __init__(self, fake: FakeDiscord, user: User) -> None:
        self._fake = fake
        self.user = user

    @property
    def id(self) -> int:
        """The user's id."""
        return self.user.id

    @property
    def name(self) -> str:
        """The user's name."""
        return self.user.name

    @property
    def mention(self) -> str:
        """The text that names this person in a message."""
        return self.user.mention

    # Asking the bot

    async def slash(
        self, channel: Channel, command: str, /, *, await_answer: bool = True, **options: Any
    ) -> Interaction:
        """Send a slash command: `"train"`, or with its subcommand `"model delete"`."""
        registered = self._command(channel, command)
        data = asking.command_data(self._fake, self.user, channel, registered, command, options)
        return await self._ask(Asked.COMMAND, channel, data, await_answer=await_answer)

    async def autocomplete(
        self, channel: Channel, command: str, /, focused: str = "", **options: Any
    ) -> list[Choice]:
        """Type into an option, and return what the bot suggests.

        Args:
            focused: the option's name; the first of `options`, unless it is given.
        """
        focused = focused or next(iter(options))
        registered = self._command(channel, command)
        data = asking.command_data(
            self._fake, self.user, channel, registered, command, options, focused=focused
        )
        interaction = await self._ask(Asked.AUTOCOMPLETE, channel, data)
        assert len(interaction.choices) <= MAX_CHOICES
        return interaction.choices

    async def message_command(
        self, message: Message, name: str, /, *, await_answer: bool = True
    ) -> Interaction:
        """Choose an app's command from a message's menu."""
        self._must_see(message)
        command = self._command(message.channel, name, kind=MESSAGE_MENU)
        shown = message_payload(message, self._fake.bot, self._fake.cdn.link)
        data = {"id": command["id"], "name": command["name"], "type": MESSAGE_MENU}
        data |= {"target_id": str(message.id), "resolved": {"messages": {str(message.id): shown}}}
        return await self._ask(
            Asked.COMMAND, message.channel, data, target=message, await_answer=await_answer
        )

    async def press(self, message: Message, label: str, /, *, await_answer: bool = True) -> Interaction:
        """Press the button with this label, emoji or custom_id."""
        self._must_see(message)
        button = message.button(label)
        assert not button.is_disabled, f"the button {label!r} is grey"
        assert not button.is_link, f"the button {label!r} opens a page"
        data = {"component_type": int(Kind.BUTTON), "custom_id": button.custom_id}
        return await self._touch(message, data, button.component["id"], await_answer=await_answer)

    async def select(
        self, message: Message, which: str, values: Sequence[Any], /, *, await_answer: bool = True
    ) -> Interaction:
        """Choose from the list with this custom_id or placeholder: labels or values; or people, roles, channels."""
        self._must_see(message)
        lists = [each for each in message.selects() if which in (each.custom_id, each.placeholder)]
        assert lists, f"no list {which!r} there"
        found = lists[0]
        assert not found.is_disabled, f"the list {which!r} is grey"
        resolved: dict[str, dict[str, Any]] = {}
        chosen = forms.things_of(self._fake, message.channel, found.component, values, resolved)
        assert found.min_values <= len(chosen) <= found.max_values, (
            f"the list takes {found.min_values} to {found.max_values}, not {len(chosen)}"
        )
        data = {"component_type": found.component["type"], "custom_id": found.custom_id, "values": chosen}
        if resolved:
            data["resolved"] = resolved
        return await self._touch(message, data, found.component["id"], await_answer=await_answer)

    async def submit(
        self, interaction: Interaction, values: Mapping[str, Any], /, *, await_answer: bool = True
    ) -> Interaction:
        """Fill in the form that an interaction opened, by labels or custom_ids, and send it."""
        assert interaction.modal is not None, f"no form is open; the bot said: {interaction.text()!r}"
        assert interaction.user is self.user, "the form is on somebody else's screen"
        is_open = not any(each.is_acknowledged for each in interaction.submissions)
        assert is_open, "the form is closed: it was sent"
        data = forms.submission(self._fake, interaction.channel, interaction.modal, values)
        return await self._ask(
            Asked.FORM,
            interaction.channel,
            data,
            message=interaction.message,
            source=interaction,
            await_answer=await_answer,
        )

    async def _touch(
        self, message: Message, data: dict[str, Any], component_id: int, *, await_answer: bool
    ) -> Interaction:
        data |= {"id": component_id}
        return await self._ask(
            Asked.COMPONENT, message.channel, data, message=message, await_answer=await_answer
        )

    async def _ask(
        self, kind: Asked, channel: Channel, data: dict[str, Any], *, await_answer: bool = True, **about: Any
    ) -> Interaction:
        is_usable = not channel.is_archived or (kind is not Asked.COMMAND and not channel.is_locked)
        assert is_usable, "the thread is closed"
        interaction = asking.ask(self._fake, kind, self.user, channel, data, **about)
        if interaction.source is not None:
            interaction.source.submissions.append(interaction)
        if await_answer:
            await self._fake.until(lambda: interaction.is_acknowledged or interaction.is_failed)
        return interaction

    def _command(self, channel: Channel, name: str, kind: int = 1) -> dict[str, Any]:
        assert channel.is_seen_by(self.user), f"{self.name} does not see #{channel.name}"
        if channel.guild is not None:
            assert may(self.user, channel, "use_application_commands")
        return asking.find_command(self._fake, self.user, channel, name, kind)

    def _must_see(self, message: Message) -> None:
        assert not message.is_deleted, "the message is gone"
        assert message.channel.is_seen_by(self.user), f"{self.name} does not see #{message.channel.name}"
        assert message.only_for in (None, self.user), (
            f"only {message.only_for and message.only_for.name} sees it"
        )

    # Talking

    async def say(
        self,
        channel: Channel,
        text: str = "",
        *,
        files: Sequence[File] = (),
        mentions: Sequence[User | Role | Person] = (),
        reply_to: Message | None = None,
    ) -> Message:
        """Write a message, the mentions before its text."""
        assert channel.is_seen_by(self.user), f"{self.name} does not see #{channel.name}"
        assert may(self.user, channel, "send_messages"), f"{self.name} may not write in #{channel.name}"
        text = " ".join([*(each.mention for each in mentions), text]).strip()
        assert text or files, "an empty message cannot be sent"
        assert len(text) <= MAX_PERSON_CHARACTERS and len(files) <= MAX_FILES
        draft = posting.draft_of(posting.Asked({"content": text}, list(files)))
        about = posting.Circumstances(kind=0 if reply_to is None else REPLY, refers_to=reply_to)
        return posting.post(self._fake, channel, self.user, draft, about)

    async def edit(self, message: Message, text: str) -> None:
        """Change one's own message."""
        assert message.author is self.user, "only one's own messages can be changed"
        draft = posting.draft_of(posting.Asked({"content": text}), message)
        posting.change(self._fake, message, draft, None)

    async def delete(self, message: Message) -> None:
        """Delete a message: one's own, or with the permission another's."""
        self._must_see(message)
        is_allowed = message.author is self.user or may(self.user, message.channel, "manage_messages")
        assert is_allowed, f"{self.name} may not delete it"
        posting.delete(self._fake, message)

    async def react(self, message: Message, emoji: str) -> None:
        """Put a reaction under a message."""
        self._must_see(message)
        assert not message.is_ephemeral, "nobody can react to what only one person sees"
        assert not message.channel.is_archived, "the thread is closed"
        emoji = reactions.as_there(message, emoji)
        if emoji not in message.reacted and message.channel.guild is not None:
            assert may(self.user, message.channel, "add_reactions")
        assert reactions.is_emoji(emoji), f"{emoji!r} is no emoji"
        reactions.put(self._fake, message, emoji, self.user)

    async def unreact(self, message: Message, emoji: str) -> None:
        """Take one's reaction away."""
        self._must_see(message)
        emoji = reactions.as_there(message, emoji)
        assert self.user in message.reacted.get(emoji, []), f"{self.name} has not reacted with {emoji}"
        reactions.take(self._fake, message, emoji, self.user)

    async def start_thread(self, place: Channel | Message, name: str, *, is_private: bool = False) -> Channel:
        """Start a thread in a channel or on a message."""
        if isinstance(place, Message):
            self._must_see(place)
            assert place.thread is None, "it has a thread"
            return self._fake.start_thread(place.channel, self.user, name, message=place)
        return self._fake.start_thread(place, self.user, name, is_private=is_private)

    # Being there

    def direct_channel(self) -> Channel:
        """Return the conversation with the bot."""
        return self._fake.conversation_with(self.user)

    def sees(self, channel: Channel) -> bool:
        """Tell whether the channel is in this person's list."""
        return channel.is_seen_by(self.user)

    def give(self, role: Role) -> None:
        """Let an admin give this person a role."""
        self._memberships(role)[0].role_ids.append(role.id)

    def take(self, role: Role) -> None:
        """Let an admin take a role from this person."""
        self._memberships(role)[0].role_ids.remove(role.id)

    def _memberships(self, role: Role) -> list[Member]:
        guilds = [guild for guild in self._fake.world.guilds.values() if role.id in guild.roles]
        return [guild.members[self.user.id] for guild in guilds]

    def __repr__(self) -> str:
        return f"Person({self.name!r})"
