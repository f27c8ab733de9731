"""How places, messages and files are written down, so that they mean the same after a restart.

Each holds its workspace: a token belongs to one, and channel ids of different workspaces may be alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.requests import ThreadAddress

PLATFORM = "slack"
DIRECT = "D"
"""Begins the id of the conversation with one person."""


@dataclass(frozen=True)
class Place:
    """A channel, or a thread in it, of the workspace whose token may post there.

    Attributes:
        workspace: `T…`, or `E…` where the app was installed for a whole organisation.
        channel: `C…`, `G…` or `D…`.
        thread: The `ts` of the message above the thread; empty for the channel itself.
    """

    workspace: str
    channel: str
    thread: str = ""

    @property
    def address(self) -> ThreadAddress:
        """Return it as the rest of the house carries it."""
        parts = (self.workspace, self.channel, self.thread)
        return ThreadAddress(PLATFORM, "/".join(part for part in parts if part))

    def beneath(self, message: str) -> Place:
        """Return the thread under a message of this channel, by its `ts`."""
        return replace(self, thread=message)


def place_of(thread: ThreadAddress) -> Place:
    """Read an address back."""
    workspace, channel, *inner = thread.thread.split("/")
    return Place(workspace, channel, *inner)


def message_name(channel: str, message: str) -> str:
    """Return what names a message: its channel, for it may have had to go elsewhere, and its `ts`."""
    return f"{channel}/{message}"


def read_message_name(name: str) -> tuple[str, str] | None:
    """Return a message's channel and its `ts`, or None for what never was a message here."""
    channel, _, message = name.partition("/")
    return (channel, message) if channel and message.replace(".", "", 1).isdecimal() else None


@dataclass(frozen=True)
class FileAddress:
    """A file that somebody attached, as `bot.requests.Attachment.address` carries it."""

    workspace: str
    file_id: str
    url: str
    """`url_private`: given to whoever bears the workspace's token."""

    def written(self) -> str:
        """Return it as one line."""
        return f"{self.workspace}/{self.file_id}/{self.url}"

    @classmethod
    def read(cls, written: str) -> FileAddress:
        """Read it back."""
        workspace, file_id, url = written.split("/", 2)
        return cls(workspace, file_id, url)


@dataclass(frozen=True)
class ReplyToken:
    """How a request is answered for its author's eyes only, as `bot.requests.Requester.reply_token` carries it.

    docs.slack.dev, chat.postEphemeral: in a thread, such an answer is shown only where something stands there already.

    Attributes:
        address: Slack's response address, good for half an hour and five answers; empty where there is none.
        is_thread_begun: Whether something stands in the request's thread; if not, the answer goes into the channel.
    """

    address: str = ""
    is_thread_begun: bool = True

    def written(self) -> str:
        """Return it as one line."""
        return self.address if self.is_thread_begun else f"{self.address}{_NOT_BEGUN}"

    @classmethod
    def read(cls, written: str) -> ReplyToken:
        """Read it back."""
        address, mark, _ = written.partition(_NOT_BEGUN)
        return cls(address, not mark)

    def thread_in(self, place: Place) -> str:
        """Return the `ts` of the thread that the answer goes into; empty for the channel."""
        return place.thread if self.is_thread_begun else ""


_NOT_BEGUN = "#not-begun"
