"""`/train`: make a model from photos."""

from __future__ import annotations

from dataclasses import dataclass

from tortoise.exceptions import IntegrityError

from bot.commands.drafting import analyze, go_on, open_thread, take_all
from bot.commands.trainers import require_trainer
from bot.context import Context
from bot.replies import Refusal, Reply
from bot.requests import ThreadAddress, TrainRequest
from core import drafts, intake
from core.errors import Refused
from core.rules.bases import default_base, require_base_set_up
from core.rules.captions import check_class_noun, parse_customizations
from core.rules.kinds import ModelKind
from core.rules.names import Name, parse_name, suggest_free, taken_sentence
from core.store.database import transaction
from core.store.records import DraftRecord
from core.workspace import Workspace


async def start(context: Context, request: TrainRequest, request_id: str) -> Reply | None:
    """Check the request, keep the photos, and begin a draft.

    A refusal leaves nothing behind. A file that is no image is named, and the others go on without it.
    """
    workspace = await context.workspace_of(request.requester)
    begun = await DraftRecord.get_or_none(id=request_id)
    if begun is not None:  # the request came before, and may have been cut off
        await go_on(context, workspace, begun)
        return None
    if refused := await require_trainer(workspace, request.requester):
        return refused
    checked = await _check(context, workspace, request)
    if isinstance(checked, Refused):
        return Refusal(checked.reasons)
    photos, sentences = await take_all(context, workspace, request.attachments, request.requester.user_id)
    refused = context.plans.require_image_count(workspace.plan, request.kind, len(photos))
    if refused is not None:
        await intake.discard_unused(workspace, context.blobs, photos)
        return Refusal(sentences or refused.reasons)
    thread = await open_thread(context, workspace, request.requester, checked.name.display_name, request_id)
    if isinstance(thread, Refusal):
        await intake.discard_unused(workspace, context.blobs, photos)
        return thread
    draft = await _create(request, workspace, checked, thread, request_id, [photo.id for photo in photos])
    if isinstance(draft, Refused):
        await intake.discard_unused(workspace, context.blobs, photos)
        return Refusal(draft.reasons)
    await analyze(context, workspace, draft, (*checked.notes, *sentences))
    return None


@dataclass(frozen=True)
class _Checked:
    """The words of the request, as the rules leave them."""

    name: Name
    class_noun: str
    base_model: str
    traits: str
    notes: tuple[str, ...]


async def _check(context: Context, workspace: Workspace, request: TrainRequest) -> _Checked | Refused:
    """Hold the request's words against the plan and the names; every problem is said at once."""
    configured = context.settings.bases
    base = request.base_model or default_base(configured, workspace.plan.bases)
    problems = [
        context.plans.require_kind(workspace.plan, request.kind),
        require_base_set_up(base, configured) or context.plans.require_base(workspace.plan, base, configured),
        context.plans.require_image_count(workspace.plan, request.kind, len(request.attachments)),
    ]
    name = parse_name(request.name)
    noun = "style" if request.kind is ModelKind.STYLE else check_class_noun(request.class_noun)
    if isinstance(name, Name):
        taken = await workspace.taken_handles()
        if name.handle in taken:
            problems.append(Refused.because(taken_sentence(name.handle, suggest_free(name.handle, taken))))
    said = [problem for problem in (*problems, name, noun) if isinstance(problem, Refused)]
    if said or isinstance(name, Refused) or isinstance(noun, Refused):
        # A plan that does not train this kind at all makes every other problem beside the point.
        first = said[:1] if problems[0] is not None else said
        return Refused(tuple(reason for problem in first for reason in problem.reasons))
    customizations = parse_customizations(request.customizations)
    advice = context.plans.image_count_advice(workspace.plan, request.kind, len(request.attachments))
    notes = (*name.notes, *customizations.notes, *advice)
    return _Checked(name, noun, base, ",".join(customizations.traits), notes)


async def _create(
    request: TrainRequest,
    workspace: Workspace,
    checked: _Checked,
    thread: ThreadAddress,
    draft_id: str,
    photo_ids: list[str],
) -> DraftRecord | Refused:
    """Write the draft and its photos down; the name may have gone to somebody else in the meantime."""
    try:
        async with transaction():
            draft = await DraftRecord.create(
                id=draft_id,
                workspace_id=workspace.id,
                live_handle=checked.name.handle,
                requester_id=request.requester.user_id,
                platform=request.requester.platform,
                thread=thread.thread,
                display_name=checked.name.display_name,
                handle=checked.name.handle,
                kind=request.kind,
                class_noun=checked.class_noun,
                traits=checked.traits,
                base_model=checked.base_model,
                preset=request.preset,
            )
            for photo_id in photo_ids:
                await drafts.add_photo(draft, photo_id)
    except IntegrityError:
        free = suggest_free(checked.name.handle, await workspace.taken_handles())
        return Refused.because(taken_sentence(checked.name.handle, free))
    return draft
