"""What the story of `told` has no place for: what a model is made of, and how things end."""

from __future__ import annotations

from bot.commands.delete import REMAINS
from bot.commands.drafting import OVER
from bot.commands.edit import HOW
from bot.housekeeping import EXPIRED
from bot.replies import (
    Button,
    DeleteConfirmation,
    DraftClosed,
    DraftTitle,
    JobCancelled,
    JobTitle,
    ModelDeleted,
    ModelPhotos,
    Notice,
    Reply,
)
from core.rules.kinds import ModelKind
from tests.fakes.told_pictures import Told


def photos(told: Told) -> Reply:
    """The photos of a model, by number."""
    buttons = (
        Button("Add photos", "model:summer-shoes:add"),
        Button("Remove photos", "model:summer-shoes:remove"),
    )
    captions = ("summer-shoes sneaker, on a table", "summer-shoes sneaker, in a kitchen")
    return ModelPhotos("summer-shoes", (told.soft, told.cut), captions, HOW, buttons)


def deleting() -> tuple[Reply, Reply]:
    """The question before a model is erased, and what is said then."""
    asked = DeleteConfirmation(
        "noir",
        erased="its photos, captions, every version, previews and cached files",
        how="This cannot be undone. To go on, send /delete @noir confirm: noir",
        buttons=(Button("Delete for good", "model:noir:delete"),),
    )
    return asked, ModelDeleted("noir", REMAINS)


def settled() -> Reply:
    """What a press says that comes too late."""
    return Notice(OVER)


def closed(mia: str) -> Reply:
    """A draft that nobody came back to."""
    title = DraftTitle("4f" * 16, "Teapot", "teapot", ModelKind.PRODUCT, 2, is_edit=False, requester_id=mia)
    return DraftClosed(title, EXPIRED)


def cancelled(mia: str) -> Reply:
    """A prompt that somebody stopped."""
    return JobCancelled(JobTitle("5e" * 16, "@ada · at sea · 2 pictures, 2 credits", mia), 2)
