"""`/delete`: erase a model for good, confirmed by its name."""

from __future__ import annotations

from bot.commands.trainers import require_trainer
from bot.commands.unknown_model import find_model
from bot.context import Context
from bot.replies import Button, DeleteConfirmation, ModelDeleted, Refusal, Reply
from bot.requests import DeleteRequest
from core import erasure
from core.rules.names import normalise_handle

REMAINS = (
    "Pictures that were posted here stay in the chat; remove those you do not want by hand. "
    "The name may be used again."
)


async def start(context: Context, request: DeleteRequest) -> Reply:
    """Ask for the name once more, then erase photos, captions, weights and previews."""
    workspace = await context.workspace_of(request.requester)
    model = await find_model(workspace, request.name)
    if isinstance(model, Refusal):
        return model
    if refused := await require_trainer(workspace, request.requester):
        return refused
    record = model.record
    if request.requester.user_id != record.owner_id and not request.requester.is_admin:
        return Refusal((f"Only the owner of @{record.handle} or an admin can delete it.",))
    if normalise_handle(request.confirmation) != record.handle:
        return DeleteConfirmation(
            record.handle,
            erased="its photos, captions, every version, previews and cached files",
            how=f"This cannot be undone. To go on, send /delete @{record.handle} confirm: {record.handle}",
            buttons=(Button("Delete for good", f"model:{record.handle}:delete"),),
        )
    await erasure.delete_model(
        workspace, context.blobs, context.jobs, record, by=request.requester.user_id, now=context.clock()
    )
    return ModelDeleted(record.handle, REMAINS)
