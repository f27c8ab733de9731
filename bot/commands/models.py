"""`/models`: what a prompt can name here."""

from __future__ import annotations

import math

from bot.context import Context
from bot.replies import Button, ModelCard, ModelList, Reply
from bot.requests import ModelsRequest, Requester
from core.rules.names import nearest
from core.workspace import ModelNames, ModelView

MODELS_A_PAGE = 20
MAX_SEARCH_CHARACTERS = 64
"""What a page's buttons can carry beside its number: Discord's limit for a button is 100 in all."""


async def listing(context: Context, request: ModelsRequest) -> ModelList:
    """List a page of all models, or of those whose name holds the words searched for, or comes near them."""
    workspace = await context.workspace_of(request.requester)
    names = await workspace.names()
    search = request.search.strip()[:MAX_SEARCH_CHARACTERS]
    wanted = search.lstrip("@").lower()
    if wanted:
        near = nearest(wanted, [model.handle for model in names])
        names = [model for model in names if _matches(model, wanted) or model.handle in near]
    pages = max(1, math.ceil(len(names) / MODELS_A_PAGE))
    page = min(max(request.page, 0), pages - 1)  # models may have gone since the button was made
    shown = names[page * MODELS_A_PAGE : (page + 1) * MODELS_A_PAGE]
    cards = tuple(map(_card, await workspace.models([model.handle for model in shown])))
    return ModelList(search, cards, page, pages, len(names), _page_buttons(search, page, pages))


async def press(context: Context, requester: Requester, page: str, search: str) -> Reply:
    """Answer a button that leads to another page."""
    return await listing(context, ModelsRequest(requester, search, int(page) if page.isdecimal() else 0))


def _page_buttons(search: str, page: int, pages: int) -> tuple[Button, ...]:
    previous = (Button("Previous", f"models:{page - 1}:{search}"),) if page > 0 else ()
    following = (Button("Next", f"models:{page + 1}:{search}"),) if page < pages - 1 else ()
    return previous + following


def _matches(model: ModelNames, wanted: str) -> bool:
    return any(wanted in text.lower() for text in model)


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
