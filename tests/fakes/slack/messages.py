"""Messages as people find them in a channel: text, pictures, buttons, reactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.blocks import SELECTS, Block, elements, options_of, pictures, words

if TYPE_CHECKING:
    from tests.fakes.slack.files import StoredFile
    from tests.fakes.slack.state import Channel, User


@dataclass(frozen=True)
class Image:
    """A picture as a person sees it."""

    filename: str
    content: bytes | None
    """None where the picture is on somebody else's server."""
    alt_text: str
    title: str
    url: str = field(repr=False)


@dataclass(frozen=True)
class Button:
    """A button as a person sees it."""

    label: str
    action_id: str
    value: str | None
    style: str | None
    url: str | None
    element: Block = field(repr=False, compare=False)
    block: Block = field(repr=False, compare=False)

    def is_called(self, wanted: str) -> bool:
        """Tell whether this is its label, its action_id or its value."""
        return wanted in (self.label, self.action_id, self.value)


@dataclass(frozen=True)
class Select:
    """A list to choose from, as a person sees it."""

    action_id: str
    placeholder: str
    kind: str
    options: tuple[str, ...]
    """The labels of what can be chosen; empty where the bot is asked for them."""
    element: Block = field(repr=False, compare=False)
    block: Block = field(repr=False, compare=False)


def buttons_in(blocks: Sequence[Block]) -> list[Button]:
    """Return buttons in reading order."""
    return [
        Button(
            each["text"]["text"],
            each.get("action_id", ""),
            each.get("value"),
            each.get("style"),
            each.get("url"),
            each,
            block,
        )
        for _, block, each in elements(blocks)
        if each["type"] == "button"
    ]


def selects_in(blocks: Sequence[Block]) -> list[Select]:
    """Return lists and boxes in reading order, but those of a form's fields."""
    return [
        Select(
            each.get("action_id", ""),
            each.get("placeholder", {}).get("text", ""),
            each["type"],
            tuple(option["text"]["text"] for option in options_of(each)),
            each,
            block,
        )
        for _, block, each in elements(blocks)
        if each["type"] in (*SELECTS, "radio_buttons", "checkboxes") and block["type"] != "input"
    ]


def button_named(blocks: Sequence[Block], wanted: str) -> Button:
    """Return the button with this label, action_id or value."""
    found = buttons_in(blocks)
    for button in found:
        if button.is_called(wanted):
            return button
    shown = ", ".join(button.label for button in found)
    raise AssertionError(f"no button {wanted!r} there, only: {shown or 'none'}")


@dataclass(eq=False)
class Message:
    """A message, as it stands now."""

    ts: str
    channel: Channel
    author: User
    notification: str = ""
    """The `text` argument: what is read aloud and shown in a notification."""
    blocks: list[Block] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    metadata: dict[str, Any] | None = None
    thread: Message | None = None
    """The message that it answers."""
    subtype: str | None = None
    client_id: str | None = None
    edited_ts: str | None = None
    reacted: dict[str, list[User]] = field(default_factory=dict)
    pinged: set[str] = field(default_factory=set)
    """Whose phone rang: names of people, `@handle` of groups, `@here`."""
    only_for: User | None = None
    is_deleted: bool = False
    is_broadcast: bool = False
    history: list[str] = field(default_factory=list)
    """What people read in it before each edit."""
    find_file: Any = field(default=None, repr=False)
    """Finds a file by its id or its address: set by who stores the message."""

    @property
    def thread_ts(self) -> str | None:
        """The timestamp of the thread's first message, where there is a thread."""
        if self.thread is not None:
            return self.thread.ts
        return self.ts if self.replies else None

    @property
    def root(self) -> Message:
        """The first message of the thread that it is in, or would start."""
        return self.thread or self

    @property
    def replies(self) -> list[Message]:
        """What was answered in its thread, oldest first."""
        return [
            each
            for each in self.channel.messages.values()
            if each.thread is self and not each.is_deleted and not each.is_ephemeral
        ]

    @property
    def is_ephemeral(self) -> bool:
        """Whether only one person sees it."""
        return self.only_for is not None

    @property
    def is_edited(self) -> bool:
        """Whether it was changed since it was posted."""
        return self.edited_ts is not None

    @property
    def reactions(self) -> dict[str, list[str]]:
        """The names of who reacted, by the emoji's name."""
        return {name: [user.name for user in users] for name, users in self.reacted.items()}

    @property
    def permalink(self) -> str:
        """Its address."""
        place = f"https://{self.channel.workspace.domain}.slack.com/archives/{self.channel.id}"
        address = f"{place}/p{self.ts.replace('.', '')}"
        return (
            address if self.thread is None else f"{address}?thread_ts={self.thread.ts}&cid={self.channel.id}"
        )

    def text(self) -> str:
        """Return all that people read in it: where there are blocks, the `text` argument is not shown."""
        lines = words(self.blocks) if self.blocks else [self.notification]
        for each in self.attachments:
            lines += [each.get("pretext", ""), each.get("title", ""), each.get("text", "")]
            lines += words(each.get("blocks", ()))
        return "\n".join(line for line in lines if line)

    def buttons(self) -> list[Button]:
        """Return its buttons in reading order."""
        return buttons_in(self.blocks)

    def button(self, wanted: str) -> Button:
        """Return the button with this label, action_id or value."""
        return button_named(self.blocks, wanted)

    def selects(self) -> list[Select]:
        """Return its lists in reading order."""
        return selects_in(self.blocks)

    def images(self) -> list[Image]:
        """Return its pictures: those in blocks, then the files that are pictures."""
        shown: list[Image] = []
        for _, each in pictures(self.blocks):
            title = each.get("title", {}).get("text", "")
            file = self.find_file(each.get("slack_file", {}))
            if file is None:
                address = each.get("image_url", "")
                shown.append(Image(address.rpartition("/")[2], None, each["alt_text"], title, address))
            else:
                shown.append(Image(file.name, file.content, each["alt_text"], title, file.url_private))
        return shown + [
            Image(file.name, file.content, file.alt_text, file.title, file.url_private)
            for file in self.files
            if file.is_picture
        ]
