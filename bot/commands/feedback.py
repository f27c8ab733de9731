"""Feedback on a draft's photos: measured in a process of its own, written down as findings."""

from __future__ import annotations

from bot.commands.looking import offline_lines
from bot.context import Context
from core import drafts
from core.feedback.checks import review
from core.feedback.findings import Finding, flagged_photo
from core.feedback.vision import NoSight, Sight
from core.rules.kinds import ModelKind
from core.store.records import DraftPhotoRecord, DraftRecord, FindingRecord
from core.workspace import Workspace


async def look_at_photos(
    context: Context, workspace: Workspace, draft: DraftRecord, sight: Sight | NoSight
) -> None:
    """Check every photo that was not removed, and record what was found and which photos are flagged.

    Args:
        context: The bot's doors.
        workspace: Whose photos they are.
        draft: What they are for.
        sight: What a worker saw on them, or why there is nothing.
    """
    photos = await drafts.kept_photos(draft)
    stored = [await workspace.photo(photo.photo_id) for photo in photos]
    images = [await context.blobs.get(photo.blob_key) for photo in stored]
    reviewed = await review(
        images,
        kind=ModelKind(draft.kind),
        class_noun=draft.class_noun,
        executor=context.photo_processes,
        numbers=[photo.position + 1 for photo in photos],
        calibration=offline_lines(context.settings),
        sight=sight,
    )
    under = [_photo_under(finding, photos) for finding in reviewed.findings]
    rows = [
        _row(draft, rank, finding, photo, [photos[position].id for position in finding.photos])
        for rank, (finding, photo) in enumerate(zip(reviewed.findings, under, strict=True))
    ]
    await drafts.record_findings(draft, rows, {photo.id for photo in under if photo is not None})


def _photo_under(finding: Finding, photos: list[DraftPhotoRecord]) -> DraftPhotoRecord | None:
    """Return the photo that somebody has to decide about, if the finding flags one.

    Photos that an earlier version was trained on passed once and are not flagged again.
    """
    position = flagged_photo(finding)
    return photos[position] if position is not None and photos[position].is_new else None


def _row(
    draft: DraftRecord, rank: int, finding: Finding, photo: DraftPhotoRecord | None, concerned: list[str]
) -> FindingRecord:
    return FindingRecord(
        draft_id=draft.id,
        draft_photo_id=photo.id if photo else None,
        draft_photo_ids=",".join(concerned),
        rank=rank,
        check_name=finding.check.value,
        status=finding.status.value,
        severity=finding.severity.value,
        score=finding.score,
        threshold=finding.threshold,
        why=finding.why,
        fix=finding.fix,
        applicable_fix=finding.applicable_fix.value if finding.applicable_fix else None,
        dismiss_key=finding.dismiss_key,
    )
