"""What Slack refuses in a message: length, blocks, files that are not ready, metadata."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.fakes.slack.blocks import Block, elements, text_objects
from tests.fakes.slack.errors import Malformed, Refusal, malformed
from tests.fakes.slack.files import BLOCK_PICTURES
from tests.fakes.slack.rules_blocks import MESSAGE, flaws_in
from tests.fakes.slack.specification import Flaw

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.state import Installation

MAX_POST_CHARACTERS = 40_000  # docs.slack.dev, chat.postMessage, Truncating content
MAX_UPDATE_CHARACTERS = 4_000  # docs.slack.dev, chat.update, msg_too_long
MAX_BLOCKS_CHARACTERS = (
    12_000  # slackapi/bolt-js issue 2867: refused somewhere from 9,600 to 11,400; promised 12,000
)
_FILE_ID = re.compile(r"F[A-Z0-9]{8,}")


def check_message(
    fake: FakeSlack,
    installation: Installation,
    args: Mapping[str, Any],
    *,
    most_characters: int = MAX_POST_CHARACTERS,
    has_content_already: bool = False,
) -> None:
    """Refuse a message that Slack would not take."""
    text, blocks, attachments = (args.get(key) for key in ("text", "blocks", "attachments"))
    if (
        not text
        and not blocks
        and not attachments
        and not args.get("markdown_text")
        and not has_content_already
    ):
        raise Malformed("no_text")
    if len(text or "") > most_characters:
        raise Malformed("msg_too_long")
    if blocks is not None:
        check_blocks(fake, installation, blocks)
    if blocks and not text:
        fake.complain(
            "message", "blocks without `text`: notifications and screen readers have nothing to say"
        )
    if attachments is not None:
        flaws = list(fake.specification.flaws_in_attachments(attachments))
        if flaws:
            raise malformed("invalid_attachments", flaws)
    metadata = args.get("metadata")
    if metadata and set(metadata) != {"event_type", "event_payload"}:
        raise Malformed("invalid_metadata_format")


def check_blocks(fake: FakeSlack, installation: Installation, blocks: Any) -> None:
    """Refuse blocks that a message cannot have."""
    flaws = list(fake.specification.flaws_in_blocks(blocks))
    if not flaws:
        flaws = list(
            flaws_in(blocks, MESSAGE, lambda file: is_showable(fake, installation, file), ("blocks",))
        )
    if flaws:
        error = malformed("invalid_blocks", flaws)
        # Whoever waits for a file asks too early now and then: that is no mistake in itself.
        raise Refusal(error.error, **error.more) if all(flaw.rule == "file" for flaw in flaws) else error
    if sum(len(each["text"]) for _, each in text_objects(blocks)) > MAX_BLOCKS_CHARACTERS:
        raise Malformed("msg_blocks_too_long")


def check_file_blocks(blocks: list[Block]) -> None:
    """Refuse what people press or choose in a message that has files."""
    for path, block, each in elements(blocks):
        if block["type"] in ("actions", "input") or (each["type"] != "image" and path[1] == "accessory"):
            flaw = Flaw(
                ("blocks", *path), "surface", "interactive elements do not work in a message with files"
            )
            raise malformed("invalid_blocks", [flaw])


def is_showable(fake: FakeSlack, installation: Installation, slack_file: Mapping[str, Any]) -> bool:
    """Tell whether an image block may show a file: it is there, is done with, is the app's to see, is a picture."""
    if "id" in slack_file and not _FILE_ID.fullmatch(slack_file["id"]):
        return False
    file = fake.find_file(slack_file)
    if file is None or not file.is_accessible or not file.is_open_to(installation):
        return False
    return file.filetype in BLOCK_PICTURES
