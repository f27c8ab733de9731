"""Start: a draft that is ready becomes a model's next version and a job, in one transaction."""

from __future__ import annotations

import asyncio
import secrets

from bot import cards
from bot.context import Context
from core import drafts
from core.blob_references import lock_files
from core.errors import Refused
from core.feedback.fixes import Fix, prepare_for_training
from core.queue.jobs import NewJob
from core.queue.specs import TrainingPhoto, TrainSpec
from core.rules.bases import load_bases
from core.rules.kinds import ModelKind
from core.rules.names import trigger_word
from core.rules.presets import preset_name, training_preset
from core.store.database import transaction
from core.store.records import (
    DraftPhotoRecord,
    DraftRecord,
    DraftState,
    ModelRecord,
    VersionPhotoRecord,
    VersionRecord,
)
from core.workspace import Workspace

_TEST_PROMPTS = {
    ModelKind.PRODUCT: ("@{h}", "@{h} on a beach", "@{h} in the snow", "@{h} in a forest", "@{h} on a wooden table",
                        "@{h} in a city at night"),
    ModelKind.CHARACTER: ("@{h}", "@{h} on a beach", "@{h} in the snow", "@{h} in a forest", "@{h} in a room",
                          "@{h} in a city at night"),
    ModelKind.STYLE: ("a mug, @{h}", "a dog on a beach, @{h}", "a vase, @{h}", "a teapot in the snow, @{h}",
                      "a cat in a forest, @{h}", "a bottle on a wooden table, @{h}"),
}  # fmt: skip
"""From short to detailed, and scenes that every base knows."""


async def launch(context: Context, workspace: Workspace, draft: DraftRecord) -> Refused | None:
    """Queue the training of a draft that stands at ready, or say what is in its way."""
    kind = ModelKind(draft.kind)
    price = context.plans.price_of_training(kind)
    if refused := context.plans.require_credits(workspace.plan, price, await workspace.balance()):
        return refused
    kept = await drafts.kept_photos(draft)
    offered = await drafts.offered_fixes(draft)
    squares = [
        await _squared(context, workspace, photo, drafts.treatment(draft, photo, offered.get(photo.id)))
        for photo in kept
    ]
    for square in squares:
        await context.blobs.put(workspace.id, square, _suffix_of(square))
    async with transaction():
        await lock_files(workspace.id)
        keys = [await context.blobs.ensure(workspace.id, square, _suffix_of(square)) for square in squares]
        await drafts.advance(draft, DraftState.QUEUED)
        model = await _model_of(workspace, draft)
        version = await _next_version(model, draft, kept)
        spec = TrainSpec(
            workspace_id=workspace.id,
            model_id=model.id,
            version_id=version.id,
            handle=model.handle,
            kind=kind,
            class_noun=model.class_noun,
            trigger_word=model.trigger_word,
            base_model=draft.base_model,
            photos=tuple(TrainingPhoto(key, photo.caption) for key, photo in zip(keys, kept, strict=True)),
            preset=training_preset(draft.base_model, kind, len(kept), preset_name(draft.preset)),
            seed=secrets.randbelow(2**31),
            test_prompts=tuple(prompt.format(h=model.handle) for prompt in _TEST_PROMPTS[kind]),
        )
        job = await context.jobs.enqueue(
            NewJob(
                workspace_id=workspace.id,
                user_id=draft.requester_id,
                spec=spec,
                credits=price,
                platform=draft.platform,
                thread=draft.thread,
                card_message=draft.card_message,
                draft_id=draft.id,
                weight=workspace.plan.weight,
                jobs_at_once=workspace.plan.jobs_at_once,
            )
        )
        if job is None:  # spent by somebody else since the check above: undo all of it
            raise RuntimeError("credits changed under the start of a training")
    await cards.show_job(context, job)
    await context.dispatch.wake_idle()
    return None


async def _squared(context: Context, workspace: Workspace, photo: DraftPhotoRecord, fix: Fix | None) -> bytes:
    """Make of a photo what is trained, as it was decided."""
    stored = await workspace.photo(photo.photo_id)
    data = await context.blobs.get(stored.blob_key)
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(context.photo_processes, prepare_for_training, data, fix)


def _suffix_of(data: bytes) -> str:
    return ".png" if data.startswith(b"\x89PNG") else ".jpg"


async def _model_of(workspace: Workspace, draft: DraftRecord) -> ModelRecord:
    """Return the model that is edited, or make the new one. Runs inside the transaction."""
    if draft.model_id is not None:
        return (await workspace.model_by_id(draft.model_id)).record
    number = await workspace.next_model_number()
    model = await ModelRecord.create(
        workspace_id=workspace.id,
        handle=draft.handle,
        live_handle=draft.handle,
        display_name=draft.display_name,
        kind=ModelKind(draft.kind),
        class_noun=draft.class_noun,
        traits=draft.traits,
        trigger_word=trigger_word(load_bases()[draft.base_model], number),
        owner_id=draft.requester_id,
    )
    draft.model_id = model.id
    await DraftRecord.filter(id=draft.id).update(model_id=model.id)
    return model


async def _next_version(
    model: ModelRecord, draft: DraftRecord, kept: list[DraftPhotoRecord]
) -> VersionRecord:
    last = await VersionRecord.filter(model_id=model.id).order_by("-number").first()
    version = await VersionRecord.create(
        model_id=model.id, number=last.number + 1 if last else 1, base_model=draft.base_model
    )
    for position, photo in enumerate(kept):
        await VersionPhotoRecord.create(
            version_id=version.id, photo_id=photo.photo_id, position=position, caption=photo.caption
        )
    return version
