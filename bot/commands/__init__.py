"""One verb a file. Nothing here knows a platform."""

from __future__ import annotations

from typing import assert_never

from bot.commands import approve, credits, delete, drafting, edit, imagine, jobs, models, settings, train
from bot.context import Context
from bot.replies import Notice, Reply
from bot.requests import (
    AddPhotosRequest,
    ButtonPress,
    CaptionsRequest,
    CreditsRequest,
    DeleteRequest,
    EditRequest,
    ImagineRequest,
    JobsRequest,
    LookedRequest,
    ModelsRequest,
    Reaction,
    Request,
    Requester,
    SettingsRequest,
    TrainRequest,
)


async def answer(context: Context, request: Request, request_id: str) -> Reply | None:
    """Do what was asked. None means that the answer is a card that the command keeps up to date itself.

    `request_id` names this request for good: what is made under it is made once.
    """
    match request:
        case TrainRequest():
            return await train.start(context, request, request_id)
        case EditRequest():
            return await edit.start(context, request, request_id)
        case AddPhotosRequest():
            return await drafting.add_photos(context, request)
        case CaptionsRequest():
            return await drafting.caption(context, request)
        case DeleteRequest():
            return await delete.start(context, request)
        case ImagineRequest():
            return await imagine.start(context, request, request_id)
        case ModelsRequest():
            return await models.listing(context, request)
        case JobsRequest():
            return await jobs.listing(context, request)
        case SettingsRequest():
            return await settings.start(context, request)
        case CreditsRequest():
            return await credits.show(context, request)
        case Reaction():
            return await approve.react(context, request)
        case ButtonPress():
            return await _press(context, request, request_id)
        case LookedRequest():
            return await drafting.after_look(context, request)
        case _:
            assert_never(request)


async def _press(context: Context, request: ButtonPress, request_id: str) -> Reply | None:
    """Hand a button to the command that made it; actions read `area:id:verb[:argument]`."""
    area, _, rest = request.action.partition(":")
    row_id, _, verb = rest.partition(":")
    match area:
        case "draft":
            return await drafting.press(context, request.requester, row_id, verb)
        case "job":
            return await jobs.press(context, request.requester, row_id, verb)
        case "models":
            return await models.press(context, request.requester, row_id, verb)
        case "model":
            return await _press_model(context, request.requester, row_id, verb, request_id)
        case "settings":
            return await settings.start(context, SettingsRequest(request.requester))
        case "again":
            return await imagine.again(context, request.requester, row_id, request_id)
        case _:
            return Notice("That button belongs to an earlier version of me. Type the command instead.")


async def _press_model(
    context: Context, requester: Requester, handle: str, verb: str, request_id: str
) -> Reply | None:
    """Do what a model's button says; where a platform has a form for it, this is what stands in for the form."""
    match verb:
        case "edit":
            return await edit.start(context, EditRequest(requester, handle), request_id)
        case "delete":
            return await delete.start(context, DeleteRequest(requester, handle))
        case "add" | "remove":
            return Notice(edit.HOW)
        case _:
            return Notice(f"Say where you want to see it: /imagine @{handle} on a beach")
