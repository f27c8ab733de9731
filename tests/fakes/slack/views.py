"""Views as people have them before them: forms, and the app's Home tab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.blocks import Block, elements, options_of, words
from tests.fakes.slack.messages import Button, Select, button_named, buttons_in, selects_in

if TYPE_CHECKING:
    from tests.fakes.slack.interactions import Interaction
    from tests.fakes.slack.state import Installation, User

MAX_STACK = 3  # docs.slack.dev, Modals: at most three views


@dataclass(frozen=True)
class Field:
    """A field to fill in."""

    label: str
    block_id: str
    action_id: str
    kind: str
    hint: str
    is_required: bool
    options: tuple[str, ...]
    """The labels of what can be chosen; empty where the bot is asked for them."""
    max_files: int
    element: Block = field(repr=False, compare=False)
    block: Block = field(repr=False, compare=False)

    def is_called(self, wanted: str) -> bool:
        """Tell whether this is its label, its block's id or its action's."""
        return wanted in (self.label, self.block_id, self.action_id)


@dataclass(eq=False)
class View:
    """A form or a Home tab, as it stands now."""

    id: str
    user: User
    installation: Installation
    definition: dict[str, Any]
    """As the app sent it, with the ids that Slack adds to its blocks."""
    hash: str
    root: View | None = None
    previous: View | None = None
    opened_by: Interaction | None = None
    is_open: bool = True
    errors: dict[str, str] = field(default_factory=dict)
    """What the app said to fields, by their labels."""
    touched: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What people entered, by block and action."""

    @property
    def kind(self) -> str:
        """`modal` or `home`."""
        kind: str = self.definition["type"]
        return kind

    @property
    def is_modal(self) -> bool:
        """Whether it is a form over the rest."""
        return self.kind == "modal"

    @property
    def blocks(self) -> list[Block]:
        """Its blocks."""
        blocks: list[Block] = self.definition["blocks"]
        return blocks

    @property
    def title(self) -> str:
        """Its title; a Home tab has none."""
        title: str = self.definition.get("title", {}).get("text", "")
        return title

    @property
    def submit_label(self) -> str:
        """What the button that sends it says."""
        label: str = (self.definition.get("submit") or {}).get("text", "Submit")
        return label

    @property
    def callback_id(self) -> str:
        """What the app calls it."""
        callback_id: str = self.definition.get("callback_id", "")
        return callback_id

    @property
    def private_metadata(self) -> str:
        """What the app wrote into it for itself."""
        written: str = self.definition.get("private_metadata", "")
        return written

    @property
    def fields(self) -> list[Field]:
        """Its fields, top to bottom."""
        return [
            Field(
                block["label"]["text"],
                block["block_id"],
                each["action_id"],
                each["type"],
                block.get("hint", {}).get("text", ""),
                not block.get("optional", False),
                tuple(option["text"]["text"] for option in options_of(each)),
                each.get("max_files", 10),
                each,
                block,
            )
            for _, block, each in elements(self.blocks)
            if block["type"] == "input"
        ]

    def field(self, wanted: str) -> Field:
        """Return the field with this label, block_id or action_id."""
        for each in self.fields:
            if each.is_called(wanted):
                return each
        shown = ", ".join(each.label for each in self.fields)
        raise AssertionError(f"the form has no field {wanted!r}, only: {shown or 'none'}")

    def text(self) -> str:
        """Return all that people read in it."""
        lines = [self.title, *words(self.blocks)]
        lines += [f"{label}: {said}" for label, said in self.errors.items()]
        return "\n".join(line for line in lines if line)

    def buttons(self) -> list[Button]:
        """Return the buttons in its blocks."""
        return buttons_in(self.blocks)

    def button(self, wanted: str) -> Button:
        """Return the button with this label, action_id or value."""
        return button_named(self.blocks, wanted)

    def selects(self) -> list[Select]:
        """Return its lists that are no fields."""
        return selects_in(self.blocks)


def view_payload(view: View, app_id: str, state: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return a view as answers, events and interactions show it."""
    written = view.definition
    return {
        "id": view.id,
        "team_id": view.user.workspace.id,
        "type": view.kind,
        "blocks": view.blocks,
        "private_metadata": view.private_metadata,
        "callback_id": view.callback_id,
        "state": {"values": dict(state if state is not None else view.touched)},
        "hash": view.hash,
        "title": _with_emoji(written.get("title", {"type": "plain_text", "text": "View Title"})),
        "clear_on_close": written.get("clear_on_close", False),
        "notify_on_close": written.get("notify_on_close", False),
        "close": _with_emoji(written.get("close")),
        "submit": _with_emoji(written.get("submit")),
        "previous_view_id": None if view.previous is None else view.previous.id,
        "root_view_id": (view.root or view).id,
        "app_id": app_id,
        "external_id": written.get("external_id", ""),
        "app_installed_team_id": view.installation.workspace.id,
        "bot_id": view.installation.bot_id,
    }


def _with_emoji(text: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if text is None else {"emoji": True, **text}
