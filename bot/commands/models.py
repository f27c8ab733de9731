"""`/models`: what a prompt can name here."""

from __future__ import annotations

from bot.context import Context
from bot.replies import ModelCard, ModelList
from bot.requests import ModelsRequest
from core.rules.names import nearest
from core.workspace import ModelView


async def listing(context: Context, request: ModelsRequest) -> ModelList:
    """List every model, or those whose name holds the words searched for, or comes near them."""
    workspace = await context.workspace_of(request.requester)
    models = await workspace.models()
    wanted = request.search.strip().lstrip("@").lower()
    if wanted:
        near = nearest(wanted, [model.record.handle for model in models])
        models = [model for model in models if _matches(model, wanted) or model.record.handle in near]
    return ModelList(request.search.strip(), tuple(_card(model) for model in models))


def _matches(model: ModelView, wanted: str) -> bool:
    record = model.record
    return any(wanted in text.lower() for text in (record.handle, record.display_name, record.class_noun))


def _card(model: ModelView) -> ModelCard:
    record, version = model.record, model.serving
    return ModelCard(
        handle=record.handle,
        display_name=record.display_name,
        kind=record.kind,
        state=model.state.value,
        version=version.number if version else None,
        is_demo=record.is_demo,
        likeness=version.likeness_score if version else None,
    )
