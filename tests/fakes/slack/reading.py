"""What can be read in channels and threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fakes.slack.messages import Message
from tests.fakes.slack.state import Channel, World
from tests.fakes.strict import Watched

if TYPE_CHECKING:
    from tests.fakes.slack.people import Person


class Reading(Watched):
    """Shows what is there."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    def messages(
        self, channel: Channel, *, thread: Message | None = None, to: Person | None = None
    ) -> list[Message]:
        """Return what stands in a channel, or in a thread with its first message, oldest first.

        Args:
            channel: The channel.
            thread: Any message of the thread.
            to: Whose private replies are shown as well.
        """
        mine = None if to is None else to.user
        standing = [
            each
            for each in channel.messages.values()
            if not each.is_deleted and (not each.is_ephemeral or (mine is not None and each.only_for is mine))
        ]
        if thread is None:
            return [each for each in standing if each.thread is None or each.is_broadcast]
        return [each for each in standing if each.root is thread.root]

    def message_with(self, text: str, channel: Channel | None = None) -> Message | None:
        """Return the newest public message that says this, anywhere or in one channel, threads included."""
        channels = [channel] if channel is not None else list(self.world.channels.values())
        found = [
            each
            for place in channels
            for each in place.messages.values()
            if not each.is_deleted and not each.is_ephemeral and text in each.text()
        ]
        return max(found, key=lambda each: each.ts, default=None)

    def transcript(self, channel: Channel) -> str:
        """Return a channel as one could read it aloud, to look at while a test is being written."""
        lines: list[str] = []
        for message in self.messages(channel):
            for each in (message, *message.replies):
                shown = [f"[{button.label}]" for button in each.buttons()]
                shown += [f"<{image.filename}>" for image in each.images()]
                shown += [f":{name}: {len(users)}" for name, users in each.reacted.items()]
                indent = "    " if each is not message else ""
                lines.append(f"{indent}{each.author.name}: {each.text()}  {' '.join(shown)}".rstrip())
        return "\n".join(lines)
