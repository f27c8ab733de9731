"""Consent before a person is trained: the text, and the record of who agreed to it about which images."""

from __future__ import annotations

from core.store.records import ConsentRecord

TEXT_VERSION = "2026-11"
"""Changes whenever a word below does: a record names the text that was agreed to."""

GUIDELINES = (
    "A model of a real person can be used by everyone in this workspace. Train one only with their agreement, "
    "look through the photos once more, and tick every box."
)

STATEMENTS = (
    "I have the rights to these photos.",
    "The person shown agreed to be trained here.",
    "The person shown is an adult.",
    "The pictures will be used lawfully, and never to deceive or harm.",
)


async def record(
    *, workspace_id: str, draft_id: str, user_id: str, image_sha256s: list[str]
) -> ConsentRecord:
    """Keep who agreed, to which text, about which images."""
    return await ConsentRecord.create(
        workspace_id=workspace_id,
        draft_id=draft_id,
        user_id=user_id,
        text_version=TEXT_VERSION,
        image_sha256s=",".join(sorted(image_sha256s)),
    )


async def covers(draft_id: str, image_sha256s: list[str]) -> bool:
    """Tell whether consent was given for all of these images in this draft."""
    for given in await ConsentRecord.filter(draft_id=draft_id):
        if set(image_sha256s) <= set(given.image_sha256s.split(",")):
            return True
    return False
