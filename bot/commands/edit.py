"""`/edit`: add photos to a model or remove some, and train it anew under the same name."""

from __future__ import annotations

from tortoise.exceptions import IntegrityError

from bot.commands.drafting import analyze, go_on, open_thread, take_all
from bot.commands.trainers import require_trainer
from bot.commands.unknown_model import find_model
from bot.context import Context
from bot.replies import Button, ModelPhotos, Notice, Picture, Refusal, Reply
from bot.requests import EditRequest, ThreadAddress
from core import drafts, intake
from core.rules.wording import listed
from core.store.database import transaction
from core.store.records import (
    DraftRecord,
    PhotoRecord,
    VersionPhotoRecord,
    VersionState,
)
from core.workspace import ModelView, Workspace

HOW = "Attach photos to add them, or name the numbers to remove. The model then trains again under the same name."


async def start(context: Context, request: EditRequest, request_id: str) -> Reply | None:
    """Begin a draft with the model's photos, less the removed and plus the new; show them when nothing changes."""
    workspace = await context.workspace_of(request.requester)
    begun = await DraftRecord.get_or_none(id=request_id)
    if begun is not None:  # the request came before, and may have been cut off
        await go_on(context, workspace, begun)
        return None
    model = await find_model(workspace, request.name)
    if isinstance(model, Refusal):
        return model
    if refusal := await require_trainer(workspace, request.requester):
        return refusal
    if refusal := _may_edit(context, workspace, request, model):
        return refusal
    photos = await _trained_photos(model)
    if not request.attachments and not request.remove:
        return await _photos_reply(workspace, model, photos)
    unknown = [number for number in request.remove if not 1 <= number <= len(photos)]
    if unknown:
        numbers = listed(str(number) for number in unknown)
        return Refusal((f"@{model.record.handle} has photos 1 to {len(photos)}; there is no {numbers}.",))
    kept = [photo for number, photo in enumerate(photos, start=1) if number not in request.remove]
    new, sentences = await take_all(context, workspace, request.attachments, request.requester.user_id)
    total = len({photo.photo_id for photo in kept} | {photo.id for photo in new})
    refused = context.plans.require_image_count(workspace.plan, model.record.kind, total)
    if refused is not None or (request.attachments and not new):
        await intake.discard_unused(workspace, context.blobs, new)
        return Refusal(sentences or (refused.reasons if refused else ()))
    thread = await open_thread(context, workspace, request.requester, model.record.display_name, request_id)
    if isinstance(thread, Refusal):
        await intake.discard_unused(workspace, context.blobs, new)
        return thread
    created = await _create(request, workspace, model, thread, request_id, kept, new)
    if created is None:
        return Notice(f"@{model.record.handle} is being edited already. Finish or cancel that first.")
    await analyze(context, workspace, created, sentences)
    return None


def _may_edit(
    context: Context, workspace: Workspace, request: EditRequest, model: ModelView
) -> Refusal | None:
    record = model.record
    if record.is_demo:
        return Refusal(
            (f"@{record.handle} ships with Likeness and stays as it is. Train one of your own with /train.",)
        )
    if request.requester.user_id != record.owner_id and not request.requester.is_admin:
        return Refusal((f"Only the owner of @{record.handle} or an admin can edit it.",))
    if refused := context.plans.require_kind(workspace.plan, record.kind):
        return Refusal(refused.reasons)
    if model.latest is not None and model.latest.state is VersionState.TRAINING:
        return Refusal(
            (f"@{record.handle} is training right now. Edit it when that is done, or cancel it first.",)
        )
    return None


async def _trained_photos(model: ModelView) -> list[VersionPhotoRecord]:
    version = model.serving or model.latest
    return await VersionPhotoRecord.filter(version_id=version.id).order_by("position") if version else []


async def _photos_reply(
    workspace: Workspace, model: ModelView, photos: list[VersionPhotoRecord]
) -> ModelPhotos:
    stored = [await workspace.photo(photo.photo_id) for photo in photos]
    pictures = tuple(Picture(photo.blob_key, photo.filename, alt=photo.filename) for photo in stored)
    handle = model.record.handle
    buttons = (Button("Add photos", f"model:{handle}:add"), Button("Remove photos", f"model:{handle}:remove"))
    return ModelPhotos(handle, pictures, tuple(photo.caption for photo in photos), HOW, buttons)


async def _create(
    request: EditRequest,
    workspace: Workspace,
    model: ModelView,
    thread: ThreadAddress,
    draft_id: str,
    kept: list[VersionPhotoRecord],
    new: list[PhotoRecord],
) -> DraftRecord | None:
    """Write the draft down; None when another draft holds the name."""
    record, version = model.record, model.serving or model.latest
    try:
        async with transaction():
            draft = await DraftRecord.create(
                id=draft_id,
                workspace_id=workspace.id,
                model_id=record.id,
                live_handle=record.handle,
                requester_id=request.requester.user_id,
                platform=request.requester.platform,
                thread=thread.thread,
                display_name=record.display_name,
                handle=record.handle,
                kind=record.kind,
                class_noun=record.class_noun,
                traits=record.traits,
                base_model=version.base_model if version else "tiny",
                preset=request.preset,
            )
            for photo in kept:
                await drafts.add_photo(draft, photo.photo_id, is_new=False, caption=photo.caption)
            for photo in new:
                await drafts.add_photo(draft, photo.id)
    except IntegrityError:
        return None
    await _carry_person_answer(draft)
    return draft


async def _carry_person_answer(draft: DraftRecord) -> None:
    """An invented character stays invented; a real person's consent is asked again, for the new photos."""
    earlier = (
        await DraftRecord.filter(model_id=draft.model_id)
        .exclude(id=draft.id)
        .exclude(is_real_person=None)
        .order_by("-created_at")
        .first()
    )
    if earlier is not None:
        draft.is_real_person = earlier.is_real_person
        await DraftRecord.filter(id=draft.id).update(is_real_person=earlier.is_real_person)
