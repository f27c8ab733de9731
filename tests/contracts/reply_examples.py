"""One example of everything the bot can say, with the words that a person has to find in it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.replies import (
    Analyzing,
    Button,
    CaptionsToReview,
    ConsentNeeded,
    ConsentStatement,
    CreditsShown,
    DeleteConfirmation,
    DraftClosed,
    DraftTitle,
    FindingsToReview,
    FlaggedPhoto,
    ImagesReady,
    JobCancelled,
    JobDone,
    JobFailed,
    JobLine,
    JobList,
    JobQueued,
    JobRunning,
    JobTitle,
    ModelCard,
    ModelDeleted,
    ModelList,
    ModelPhotos,
    ModelReady,
    Notice,
    PersonQuestion,
    PhotosNeeded,
    Picture,
    ReactionChoice,
    ReadyToTrain,
    Refusal,
    Reply,
    WorkspaceSettings,
)
from core.rules.kinds import ModelKind

DRAFT = "0f" * 16
JOB = "1e" * 16
SHOES = DraftTitle(DRAFT, "Summer Shoes", "summer-shoes", ModelKind.PRODUCT, 4, is_edit=False)
ADA = DraftTitle(DRAFT, "Ada", "ada", ModelKind.CHARACTER, 5, is_edit=True)
TRAINING = JobTitle(JOB, "Summer Shoes → @summer-shoes · product · 4 photos")
PAINTING = JobTitle(JOB, "@summer-shoes, @ada · at a picnic · 4 pictures, 4 credits")
CANCEL = Button("Cancel", f"job:{JOB}:cancel")
START = Button("Start", f"draft:{DRAFT}:start")
KEEP, REMOVE = ReactionChoice("✅", "keep"), ReactionChoice("❌", "remove")
FIX = ReactionChoice("✂️", "pad with white instead")


@dataclass(frozen=True)
class Example:
    """A reply, and what must be readable, pressable and decidable in it."""

    reply: Reply
    says: tuple[str, ...]
    labels: tuple[str, ...] = ()
    emojis: tuple[str, ...] = ()
    picture_count: int = 0


def examples(picture: Picture) -> list[Example]:
    """Return one example or more of each reply; `picture` has to be in the store."""
    return [
        Example(
            Refusal(("There is no model @sumer-shoes here.", "Nothing was charged.")),
            ("@sumer-shoes", "Nothing was charged."),
        ),
        Example(Notice("I took that in."), ("I took that in.",)),
        Example(
            Analyzing(
                SHOES,
                3,
                4,
                ("Summer Shoes becomes @summer-shoes.",),
                (Button("Cancel", f"draft:{DRAFT}:cancel"),),
            ),
            ("Summer Shoes", "@summer-shoes", "product", "4 photos", "becomes"),
            labels=("Cancel",),
        ),
        Example(
            PhotosNeeded(
                SHOES,
                ("A product model takes 1 to 4 photos.",),
                ("4 is fine.",),
                (Button("Add photos", f"draft:{DRAFT}:add"),),
            ),
            ("A product model takes 1 to 4 photos.", "4 is fine."),
            labels=("Add photos",),
        ),
        Example(
            WorkspaceSettings(2, ("4711",), (), has_private_threads=False, may_change=True),
            ("4711", "2", "everybody"),
        ),
        Example(
            CreditsShown("Pro", 240, 500, 1, ((ModelKind.PRODUCT, 10),)),
            ("240", "500", "Pro", "product", "10"),
        ),
        Example(
            FindingsToReview(
                SHOES,
                2,
                1,
                ("All photos show one side.",),
                ("I could not judge the size.",),
                ("4 is fine.",),
                (Button("Train anyway", f"draft:{DRAFT}:anyway"),),
            ),
            ("2 of 4 photos", "All photos show one side.", "I could not judge the size.", "4 is fine."),
            labels=("Train anyway",),
        ),
        Example(
            FlaggedPhoto(
                DRAFT, 3, 4, picture, ("Blurry: the logo is soft.",), (KEEP, FIX, REMOVE), "Removed."
            ),
            ("3", "4", "Blurry: the logo is soft.", "Removed.", "pad with white"),
            emojis=("✅", "✂️", "❌"),
            picture_count=1,
        ),
        Example(
            PersonQuestion(ADA, (Button("A real person", f"draft:{DRAFT}:person:real"),)),
            ("Ada", "real person"),
            labels=("A real person",),
        ),
        Example(
            ConsentNeeded(
                ADA,
                "Only with their consent.",
                (
                    ConsentStatement("I hold the rights.", True, Button("Tick 1", f"draft:{DRAFT}:tick:1")),
                    ConsentStatement("They are adults.", False, Button("Tick 2", f"draft:{DRAFT}:tick:2")),
                ),
                (Button("I agree", f"draft:{DRAFT}:agree"),),
            ),
            ("Only with their consent.", "I hold the rights.", "They are adults."),
            labels=("Tick 1", "Tick 2", "I agree"),
        ),
        Example(
            CaptionsToReview(
                SHOES,
                ("summer-shoes sneaker, side view", "summer-shoes sneaker"),
                "Add what changes.",
                (Button("Looks right", f"draft:{DRAFT}:accept"),),
            ),
            ("summer-shoes sneaker, side view", "Add what changes."),
            labels=("Looks right",),
        ),
        Example(
            ReadyToTrain(SHOES, 6.0, 10, 240, ("A rough first look.",), (START,)),
            ("about 6 minutes", "10", "240", "A rough first look."),
            labels=("Start",),
        ),
        Example(
            DraftClosed(SHOES, "Cancelled. Its photos are erased."), ("Cancelled. Its photos are erased.",)
        ),
        Example(
            JobQueued(TRAINING, 2, 4.0, True, (CANCEL,)), ("2 ahead", "about 4 minutes"), labels=("Cancel",)
        ),
        Example(JobQueued(TRAINING, 0, None, False, (CANCEL,)), ("Queued",), labels=("Cancel",)),
        Example(
            JobRunning(TRAINING, "Training", 0.61, 2.0, picture, (CANCEL,)),
            ("Training", "61", "about 2 minutes"),
            labels=("Cancel",),
            picture_count=1,
        ),
        Example(JobDone(TRAINING, "Ready."), ("Ready.",)),
        Example(
            JobFailed(TRAINING, "The photos could not be read.", 10),
            ("The photos could not be read.", "10 credits"),
        ),
        Example(JobCancelled(PAINTING, 3), ("Cancelled", "3 credits")),
        Example(
            ModelReady(
                TRAINING,
                "mia",
                "summer-shoes",
                2,
                0.9,
                picture,
                "/imagine @summer-shoes on a beach",
                "If details drift, /edit.",
                (Button("Delete", f"model:{JOB}:delete"),),
            ),
            (
                "mia",
                "@summer-shoes",
                "ready",
                "close",
                "/imagine @summer-shoes on a beach",
                "If details drift",
            ),
            labels=("Delete",),
            picture_count=1,
        ),
        Example(
            ImagesReady(
                PAINTING,
                "mia",
                (picture,),
                "seed 8112 · @summer-shoes v2",
                ("One word is unknown.",),
                (Button("Again", f"again:{JOB}"),),
            ),
            ("mia", "at a picnic", "seed 8112", "One word is unknown."),
            labels=("Again",),
            picture_count=1,
        ),
        Example(
            ModelList("", (ModelCard("rex", "Rex", ModelKind.PRODUCT, "ready", 3, True, 0.6),)),
            ("@rex", "product", "ready"),
        ),
        Example(ModelList("hat", ()), ("hat",)),
        Example(
            JobList(
                (
                    JobLine("@rex on a beach", "queued", False, (CANCEL,)),
                    JobLine("@rex at sea", "succeeded", True, ()),
                )
            ),
            ("@rex on a beach", "queued", "@rex at sea", "new"),
        ),
        Example(JobList(()), ("Nothing",)),
        Example(
            DeleteConfirmation("rex", "its photos and weights", "Send /delete @rex confirm: rex"),
            ("@rex", "its photos and weights", "confirm: rex"),
        ),
        Example(ModelDeleted("rex", "Posted pictures stay."), ("@rex", "Posted pictures stay.")),
        Example(
            ModelPhotos("rex", (picture,), ("rex dog, side view",), "Attach photos to add them."),
            ("@rex", "rex dog, side view", "Attach photos"),
            picture_count=1,
        ),
    ]
