"""What Slack refuses in a view: docs.slack.dev, Reference, Views."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.errors import malformed
from tests.fakes.slack.rules_blocks import HOME, MODAL, flaws_in
from tests.fakes.slack.rules_messages import is_showable
from tests.fakes.slack.specification import Flaw

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.state import Installation

MAX_TITLE_CHARACTERS = 24
MAX_METADATA_CHARACTERS = 3000
MAX_ID_CHARACTERS = 255


def check_view(fake: FakeSlack, installation: Installation, definition: dict[str, Any], kind: str) -> None:
    """Refuse a view that Slack would not take."""
    flaws = list(fake.specification.flaws_in_view(definition))
    if not flaws:
        flaws = list(_flaws(fake, installation, definition, kind))
    if flaws:
        raise malformed("invalid_arguments", flaws)


def _flaws(
    fake: FakeSlack, installation: Installation, definition: dict[str, Any], kind: str
) -> Iterator[Flaw]:
    if definition["type"] != kind:
        yield Flaw(("view", "type"), "surface", f"must be {kind}")
    for key in ("title", "submit", "close"):
        text = (definition.get(key) or {}).get("text")
        if text is not None and not 1 <= len(text) <= MAX_TITLE_CHARACTERS:
            limit = f"must be less than {MAX_TITLE_CHARACTERS + 1} characters"
            yield Flaw(("view", key, "text"), "length", limit)
    limits = {
        "private_metadata": MAX_METADATA_CHARACTERS,
        "callback_id": MAX_ID_CHARACTERS,
        "external_id": MAX_ID_CHARACTERS,
    }
    for key, most in limits.items():
        if len(definition.get(key) or "") > most:
            yield Flaw(("view", key), "length", f"must be less than {most + 1} characters")
    has_inputs = any(block["type"] == "input" for block in definition["blocks"])
    if kind == MODAL and has_inputs and not definition.get("submit"):
        yield Flaw(("view", "submit"), "required", "a submit button is required with input blocks")
    inputs_for_files = any(
        block["type"] == "input" and block["element"]["type"] == "file_input"
        for block in definition["blocks"]
    )
    if inputs_for_files and "files:read" not in installation.scopes:
        yield Flaw(("view", "blocks"), "scope", "file_input needs the scope files:read")
    surface = MODAL if kind == MODAL else HOME
    yield from flaws_in(
        definition["blocks"],
        surface,
        lambda file: is_showable(fake, installation, file),
        ("view", "blocks"),
    )
