"""Messages as people find them in a channel: text, pictures, buttons, reactions."""

from __future__ import annotations

import io
import mimetypes
import re
import warnings
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from PIL import Image, UnidentifiedImageError

from tests.fakes.discord.components import LINK_STYLE, SELECTS, Component, Kind, media_of, walk

if TYPE_CHECKING:
    from tests.fakes.discord.interactions import Interaction
    from tests.fakes.discord.state import Channel, User

EPHEMERAL = 1 << 6
LOADING = 1 << 7
HAS_THREAD = 1 << 5
COMPONENTS_V2 = 1 << 15
THREAD_CREATED, REPLY, SLASH_REPLY, THREAD_STARTER, CONTEXT_REPLY = 18, 19, 20, 21, 23
"""Types of message other than an ordinary one, which is 0."""
SYSTEM_KINDS = (THREAD_CREATED, THREAD_STARTER)


@dataclass(frozen=True)
class File:
    """A file that a person attaches."""

    filename: str
    content: bytes
    description: str | None = None


@dataclass(eq=False)
class StoredFile:
    """A file on Discord's servers."""

    id: int
    channel_id: int
    title: str
    """The name as it was given; `filename` is what became of it."""
    content: bytes
    description: str | None = None
    is_ephemeral: bool = False

    @property
    def filename(self) -> str:
        """The name in the link: what is not a letter, a digit, a dot or a dash becomes an underscore."""
        return re.sub(r"[^\w.\-]", "_", self.title)

    @property
    def content_type(self) -> str | None:
        """What Discord takes it for, by its name."""
        return mimetypes.guess_type(self.filename)[0]

    def size_px(self) -> tuple[int, int] | None:
        """Return width and height, if it is a picture."""
        if not (self.content_type or "").startswith("image/"):
            return None
        try:
            with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(self.content)) as image:
                return image.size
        except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
            return None


@dataclass(frozen=True)
class Picture:
    """A file as a person sees it in a message."""

    filename: str
    content: bytes
    url: str
    description: str | None


@dataclass(frozen=True)
class Button:
    """A button as a person sees it."""

    label: str
    custom_id: str | None
    style: int
    is_disabled: bool
    url: str | None
    emoji: str | None
    component: Component = field(repr=False, compare=False)

    @property
    def is_link(self) -> bool:
        """Whether it opens a page rather than asking the bot."""
        return self.style == LINK_STYLE


@dataclass(frozen=True)
class Select:
    """A list to choose from, as a person sees it."""

    custom_id: str
    placeholder: str | None
    options: tuple[dict[str, Any], ...]
    min_values: int
    max_values: int
    is_disabled: bool
    component: Component = field(repr=False, compare=False)


@dataclass(eq=False)
class Message:
    """A message, as it stands now."""

    id: int
    channel: Channel
    author: User
    created_at: datetime
    content: str = ""
    kind: int = 0
    flags: int = 0
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    files: list[StoredFile] = field(default_factory=list)
    nonce: str | int | None = None
    edited_at: datetime | None = None
    edits_when_old: list[datetime] = field(default_factory=list)
    refers_to: Message | None = None
    mentions: list[User] = field(default_factory=list)
    mentioned_role_ids: list[int] = field(default_factory=list)
    mentions_everyone: bool = False
    pinged: set[str] = field(default_factory=set)
    """Whose phone rang: names of people, `@role`, `@everyone`."""
    reacted: dict[str, list[User]] = field(default_factory=dict)
    interaction: Interaction | None = None
    """The interaction that it answers."""
    thread: Channel | None = None
    only_for: User | None = None
    is_deleted: bool = False
    history: list[str] = field(default_factory=list)
    """What people read in it before each edit."""
    link: Any = field(default=None, repr=False)
    """Makes a link to one of its files: set by who stores it."""

    @property
    def is_ephemeral(self) -> bool:
        """Whether only the one who asked sees it."""
        return self.only_for is not None

    @property
    def is_thinking(self) -> bool:
        """Whether it stands for a reply that is to come."""
        return bool(self.flags & LOADING)

    @property
    def is_edited(self) -> bool:
        """Whether it was changed since it was posted."""
        return self.edited_at is not None

    @property
    def has_components_v2(self) -> bool:
        """Whether it consists of components alone."""
        return bool(self.flags & COMPONENTS_V2)

    @property
    def is_system(self) -> bool:
        """Whether Discord itself wrote it, such as "ada started a thread"."""
        return self.kind in SYSTEM_KINDS

    @property
    def reactions(self) -> dict[str, list[str]]:
        """The names of who reacted, by emoji."""
        return {emoji: [user.name for user in users] for emoji, users in self.reacted.items()}

    def text(self) -> str:
        """Return all that people read in it, top to bottom."""
        lines = [self.content]
        for embed in self.embeds:
            lines += [embed.get("title", ""), embed.get("description", "")]
            for each in embed.get("fields", []):
                lines += [each["name"], each["value"]]
            lines.append(embed.get("footer", {}).get("text", ""))
        lines += [each["content"] for _, each in walk(self.components) if each["type"] == Kind.TEXT_DISPLAY]
        return "\n".join(line for line in lines if line)

    def buttons(self) -> list[Button]:
        """Return its buttons in reading order."""
        found = [each for _, each in walk(self.components) if each["type"] == Kind.BUTTON]
        return [
            Button(
                each.get("label", ""),
                each.get("custom_id"),
                each["style"],
                each.get("disabled", False),
                each.get("url"),
                (each.get("emoji") or {}).get("name"),
                each,
            )
            for each in found
        ]

    def button(self, wanted: str) -> Button:
        """Return the button with this label, emoji or custom_id."""
        for button in self.buttons():
            if wanted in (button.label, button.emoji, button.custom_id):
                return button
        shown = ", ".join(button.label or button.emoji or "?" for button in self.buttons())
        raise AssertionError(f"no button {wanted!r} there, only: {shown or 'none'}")

    def selects(self) -> list[Select]:
        """Return its lists in reading order."""
        found = [each for _, each in walk(self.components) if each["type"] in SELECTS]
        return [
            Select(
                each["custom_id"],
                each.get("placeholder"),
                tuple(each.get("options", ())),
                each["min_values"],
                each["max_values"],
                each.get("disabled", False),
                each,
            )
            for each in found
        ]

    def shown_file_ids(self) -> list[int]:
        """Return the ids of its files that components or embeds show, in reading order."""
        urls = [medium["url"] for _, each in walk(self.components) for medium in media_of(each)]
        for embed in self.embeds:
            urls += [embed[key].get("url", "") for key in ("image", "thumbnail") if key in embed]
        names = {
            f"attachment://{name}": file.id for file in self.files for name in (file.title, file.filename)
        }
        return [names[url] for url in urls if url in names]

    def loose_files(self) -> list[StoredFile]:
        """Return the files that hang under the message: those that nothing in it shows."""
        shown = set(self.shown_file_ids())
        return [file for file in self.files if file.id not in shown]

    def pictures(self) -> list[Picture]:
        """Return its files as people see them; what a V2 message does not show, they do not see."""
        by_id = {file.id: file for file in self.files}
        seen = [by_id[file_id] for file_id in self.shown_file_ids()]
        if not self.has_components_v2:
            seen += self.loose_files()
        return [Picture(each.filename, each.content, self.link(each), self._words_for(each)) for each in seen]

    def _words_for(self, file: StoredFile) -> str | None:
        for _, each in walk(self.components):
            for item in each.get("items", []):
                if item["media"]["url"] in (f"attachment://{file.title}", f"attachment://{file.filename}"):
                    return item.get("description") or file.description
        return file.description
