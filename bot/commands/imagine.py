"""`/imagine`: pictures from words and `@names`."""

from __future__ import annotations

import secrets

from bot import cards
from bot.context import Context
from bot.replies import Notice, Refusal, Reply
from bot.requests import ImagineRequest, Requester
from core.errors import NotFound, Refused
from core.queue.jobs import NewJob
from core.queue.specs import AdapterUse, GenerateSpec, from_json
from core.rules.bases import SQUARE, load_bases
from core.rules.options import check_options
from core.rules.prompts import parse_prompt
from core.rules.resolution import ResolvedPrompt, resolve
from core.store.database import transaction
from core.store.records import JobKind, JobRecord
from core.workspace import Workspace

SEEDS = 2**31


async def start(context: Context, request: ImagineRequest, request_id: str) -> Reply | None:
    """Check the prompt against names, plan and base, and queue the pictures."""
    workspace = await context.workspace_of(request.requester)
    if (job := await JobRecord.get_or_none(id=request_id)) is not None:
        await cards.show_job(context, job)  # queued before a restart, which may have come before its card
        return None
    resolved = resolve(
        parse_prompt(request.prompt),
        await workspace.named_models(),
        workspace.plan,
        plans=context.plans,
        configured=context.settings.bases,
        today=context.clock().date(),
    )
    if isinstance(resolved, Refused):
        return Refusal(resolved.reasons)
    spec = await _spec(workspace, request, resolved)
    if isinstance(spec, Refused):
        return Refusal(spec.reasons)
    return await _queue(context, workspace, request.requester, spec, request_id)


async def again(context: Context, requester: Requester, job_id: str, request_id: str) -> Reply | None:
    """Make the same pictures with another seed, on the versions that serve now."""
    workspace = await context.workspace_of(requester)
    try:
        job = await workspace.job(job_id)
    except NotFound:
        return Notice("Those pictures are gone. Type /imagine again.")
    if job.kind is not JobKind.GENERATE:
        return None
    spec = from_json(GenerateSpec, job.spec)
    aspects = load_bases()[spec.base_model].sizes.items()
    aspect = next((name for name, size in aspects if size == (spec.width_px, spec.height_px)), SQUARE)
    repeated = ImagineRequest(
        requester,
        spec.prompt,
        count=spec.count,
        aspect=aspect,
        steps=spec.num_inference_steps,
        guidance=spec.guidance_scale,
        negative=spec.negative_prompt,
    )
    return await start(context, repeated, request_id)


async def _spec(
    workspace: Workspace, request: ImagineRequest, resolved: ResolvedPrompt
) -> GenerateSpec | Refused:
    base = load_bases()[resolved.base_model]
    options = check_options(
        base,
        count=1 if request.count is None else request.count,
        aspect=request.aspect or SQUARE,
        seed=request.seed,
        steps=request.steps,
        guidance_scale=request.guidance,
        negative_prompt=request.negative,
    )
    if isinstance(options, Refused):
        return options
    width_px, height_px = base.size_px(options.aspect)
    return GenerateSpec(
        workspace_id=workspace.id,
        prompt=resolved.prompt.text,
        adapters=tuple([await _use_of(workspace, model.handle) for model in resolved.models]),
        base_model=base.name,
        count=options.count,
        seed=secrets.randbelow(SEEDS) if options.seed is None else options.seed,
        width_px=width_px,
        height_px=height_px,
        num_inference_steps=options.steps,
        guidance_scale=options.guidance_scale,
        negative_prompt=options.negative_prompt,
    )


async def _use_of(workspace: Workspace, handle: str) -> AdapterUse:
    """Return the serving version of a model that the prompt rules found ready."""
    model = await workspace.model(handle)
    if model is None or model.serving is None:
        raise NotFound(f"model {handle} was ready a moment ago")
    return AdapterUse(
        handle=handle,
        version_id=model.serving.id,
        adapter_key=model.serving.adapter_key,
        trigger_word=model.record.trigger_word,
        class_noun=model.record.class_noun,
        base_weights_sha256=model.serving.base_weights_sha256,
        kind=model.record.kind,
    )


async def _queue(
    context: Context, workspace: Workspace, requester: Requester, spec: GenerateSpec, job_id: str
) -> Reply | None:
    price = context.plans.price_of_pictures(spec.count)
    if refused := context.plans.require_credits(workspace.plan, price, await workspace.balance()):
        return Refusal(refused.reasons)
    thread = requester.thread
    new = NewJob(
        workspace_id=workspace.id,
        user_id=requester.user_id,
        spec=spec,
        credits=price,
        platform=thread.platform,
        thread=thread.thread,
        job_id=job_id,
        weight=workspace.plan.weight,
        jobs_at_once=workspace.plan.jobs_at_once,
    )
    async with transaction():
        job = await context.jobs.enqueue(new)
    if job is None:  # somebody else spent them since the check above
        refused = context.plans.require_credits(workspace.plan, price, 0)
        return Refusal(refused.reasons if refused else ())
    await cards.show_job(context, job)
    await context.dispatch.wake_idle()
    return None
