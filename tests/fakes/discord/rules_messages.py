"""What Discord asks of a message beyond its official description.

Source: discord-api-docs, Message, Create Message; Components, Reference; the facts of 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.discord.components import Component, media_of, walk
from tests.fakes.discord.errors import Malformed, empty_message, invalid_form, too_large, too_long
from tests.fakes.discord.messages import COMPONENTS_V2, EPHEMERAL, File, StoredFile
from tests.fakes.discord.rules_components import check_components, check_v1_components, check_v2_components

MAX_CONTENT_CHARACTERS = 2000  # discord-api-docs, Create Message
MAX_FILES = 10  # discord-api-docs, Reference, Uploading Files
MAX_FILE_BYTES = 10 * 1024 * 1024  # discord-api-docs, Reference, Uploading Files: the default upload limit
MAX_EMBED_CHARACTERS = 6000  # discord-api-docs, Message, Embed Limits
SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS = 1 << 2, 1 << 12
POST_FLAGS = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS | COMPONENTS_V2  # discord-api-docs, Create Message


@dataclass
class Draft:
    """A message as it would stand once the request is carried out."""

    content: str = ""
    embeds: list[dict[str, Any]] = field(default_factory=list)
    components: list[Component] = field(default_factory=list)
    flags: int = 0
    kept: list[StoredFile] = field(default_factory=list)
    """Files that were there before, and stay."""
    new: list[tuple[File, str | None]] = field(default_factory=list)
    """Files that come with the request, with their descriptions."""

    @property
    def has_components_v2(self) -> bool:
        """Whether it would consist of components alone."""
        return bool(self.flags & COMPONENTS_V2)

    @property
    def filenames(self) -> set[str]:
        """The names by which `attachment://` finds its files."""
        return {file.filename for file, _ in self.new} | {
            name for file in self.kept for name in (file.title, file.filename)
        }


def check_files(files: Sequence[File]) -> None:
    """Refuse an eleventh file, and one over the limit."""
    if len(files) > MAX_FILES:
        raise too_long(("files",), MAX_FILES)
    if any(len(file.content) > MAX_FILE_BYTES for file in files):
        raise too_large()


def check_draft(draft: Draft) -> None:
    """Refuse what Discord refuses, whichever way the message came to be."""
    if len(draft.content) > MAX_CONTENT_CHARACTERS:
        raise too_long(("content",), MAX_CONTENT_CHARACTERS)
    if len(draft.kept) + len(draft.new) > MAX_FILES:
        raise too_long(("attachments",), MAX_FILES)
    if draft.has_components_v2:
        for name, value in (("content", draft.content), ("embeds", draft.embeds)):
            if value:
                raise invalid_form(
                    (name,),
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    f"The '{name}' field cannot be used when using MessageFlags.IS_COMPONENTS_V2",
                )
        check_v2_components(draft.components)
    else:
        check_v1_components(draft.components)
    check_components(draft.components)
    _check_references(draft)
    _check_embeds(draft.embeds)
    is_empty = not (draft.content.strip() or draft.embeds or draft.kept or draft.new)
    if is_empty and not (draft.has_components_v2 and draft.components):
        raise empty_message()


def check_flags(flags: int, *, is_interaction: bool, there: int = 0) -> None:
    """Refuse flags that nobody may set; only answers to interactions can be for one person alone.

    Args:
        there: flags that the message has: an edit may repeat them.
    """
    allowed = POST_FLAGS | there | (EPHEMERAL if is_interaction else 0)
    if flags & ~allowed:
        raise invalid_form(
            ("flags",), "MESSAGE_INVALID_FLAGS", f"Flags {flags & ~allowed} cannot be set here."
        )


def check_nonce(body: dict[str, Any]) -> None:
    """Refuse to enforce what is not there."""
    if body.get("enforce_nonce") and body.get("nonce") is None:
        raise invalid_form(("nonce",), "BASE_TYPE_REQUIRED", "This field is required")


def remarks_on(draft: Draft) -> Iterator[str]:
    """Yield what Discord takes without a word, though nobody can have meant it."""
    if draft.has_components_v2:
        shown = set(_referenced(draft))
        for name in draft.filenames & {file.filename for file, _ in draft.new}:
            if f"attachment://{name}" not in shown:
                yield f"the file {name!r} is shown by no component, so nobody sees it"


def _referenced(draft: Draft) -> Iterable[str]:
    for _, component in walk(draft.components):
        for medium in media_of(component):
            yield medium["url"]
    for embed in draft.embeds:
        for key in ("image", "thumbnail"):
            yield (embed.get(key) or {}).get("url", "")


def _check_references(draft: Draft) -> None:
    for path, component in walk(draft.components):
        for medium in media_of(component):
            _check_reference(medium["url"], draft.filenames, path)
    for url in _referenced(draft):
        _check_reference(url, draft.filenames, ("embeds",))


def _check_reference(url: str, filenames: set[str], path: Sequence[str | int]) -> None:
    if url.startswith("attachment://") and url.removeprefix("attachment://") not in filenames:
        code = "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND"
        raise invalid_form((*path, "media"), code, f"The referenced attachment {url} was not found.")


def _check_embeds(embeds: Sequence[dict[str, Any]]) -> None:
    characters = sum(len(text) for embed in embeds for text in _texts_of(embed))
    if characters > MAX_EMBED_CHARACTERS:
        message = f"Embed size exceeds maximum size of {MAX_EMBED_CHARACTERS}"
        raise invalid_form(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", message)


def _texts_of(embed: dict[str, Any]) -> Iterator[str]:
    yield from (embed.get(key) or "" for key in ("title", "description"))
    yield (embed.get("footer") or {}).get("text", "")
    yield (embed.get("author") or {}).get("name", "")
    for each in embed.get("fields") or []:
        yield from (each["name"], each["value"])


def check_attachment_list(listed: Sequence[dict[str, Any]], known: set[str], files: Sequence[File]) -> None:
    """Refuse a list of attachments that names neither a file of this request nor one that is there."""
    numbers = {str(number) for number in range(len(files))}
    for place, each in enumerate(listed):
        if str(each["id"]) not in known | numbers:
            raise _unknown_attachment(place)


def _unknown_attachment(place: int) -> Malformed:
    return invalid_form(("attachments", place, "id"), "ATTACHMENT_NOT_FOUND", "There is no such attachment.")
