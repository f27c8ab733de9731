"""What the bot can say: a closed union. Each front-end renders every one with its best native widgets.

A reply carries meaning, not markup: a front-end decides where buttons go and what a progress bar looks like,
but the sentences that carry a rule (`reasons`, `why`, `notes`) come from the core and are shown as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.rules.kinds import ModelKind


@dataclass(frozen=True)
class Picture:
    """An image in the store; `alt` says in words what it shows."""

    blob_key: str
    filename: str
    alt: str


@dataclass(frozen=True)
class Button:
    """A thing to press. `action` comes back in `bot.requests.ButtonPress`, also after a restart."""

    label: str
    action: str


@dataclass(frozen=True)
class DraftTitle:
    """The first line of every card of a draft: `Summer Shoes → @summer-shoes · product · 4 photos`."""

    draft_id: str
    display_name: str
    handle: str
    kind: ModelKind
    photo_count: int
    is_edit: bool
    requester_id: str = ""


@dataclass(frozen=True)
class Refusal:
    """An expected "no", each reason a sentence with the next step in it."""

    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Notice:
    """Something said in passing, with nothing to press."""

    text: str


@dataclass(frozen=True)
class Analyzing:
    """Photos are being looked at."""

    title: DraftTitle
    done: int
    total: int
    notes: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class PhotosNeeded:
    """The draft waits for more photos, or for fewer; `reasons` say which."""

    title: DraftTitle
    reasons: tuple[str, ...]
    notes: tuple[str, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class FindingsToReview:
    """The draft's card while photos wait for a decision. Each flagged photo is a `FlaggedPhoto` of its own."""

    title: DraftTitle
    flagged: int
    decided: int
    set_findings: tuple[str, ...]
    not_assessed: tuple[str, ...]
    notes: tuple[str, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class ReactionChoice:
    """An emoji that the bot seeds on a message, and what it means there."""

    emoji: str
    meaning: str


@dataclass(frozen=True)
class FlaggedPhoto:
    """One photo that could be better, as its own message."""

    draft_id: str
    number: int
    photo_count: int
    picture: Picture
    findings: tuple[str, ...]
    choices: tuple[ReactionChoice, ...]
    decision: str
    """Empty until decided, then what was decided, as words: "Removed by you."."""


@dataclass(frozen=True)
class PersonQuestion:
    """Does this character show a real person? One tap, instead of guessing."""

    title: DraftTitle
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class ConsentStatement:
    """One box of the consent form."""

    text: str
    is_ticked: bool
    button: Button


@dataclass(frozen=True)
class ConsentNeeded:
    """A real person is to be trained: every box has to be ticked first."""

    title: DraftTitle
    guidelines: str
    statements: tuple[ConsentStatement, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class CaptionsToReview:
    """The captions as drafted, to accept or to edit."""

    title: DraftTitle
    captions: tuple[str, ...]
    advice: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class ReadyToTrain:
    """Everything is decided: time and credits are said before the start."""

    title: DraftTitle
    minutes: float
    credits: int
    balance: int
    notes: tuple[str, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class DraftClosed:
    """The draft ended without a training, and why."""

    title: DraftTitle
    reason: str


@dataclass(frozen=True)
class JobTitle:
    """The first line of a job's card: what is made, for whom."""

    job_id: str
    text: str
    """`Summer Shoes → @summer-shoes · product · 4 photos`, or `@rex · on a beach · 4 pictures, 4 credits`."""
    requester_id: str = ""


@dataclass(frozen=True)
class JobQueued:
    """The job waits for its turn."""

    title: JobTitle
    ahead: int
    minutes: float | None
    is_worker_online: bool
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class JobRunning:
    """The job is being worked on."""

    title: JobTitle
    verb: str
    """`Training` or `Painting`."""
    fraction: float
    minutes_left: float | None
    preview: Picture | None
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class JobDone:
    """What a training's card becomes; the news itself is a `ModelReady` of its own."""

    title: JobTitle
    text: str


@dataclass(frozen=True)
class JobFailed:
    """The job's ending when it did not work out. `credits_back` were returned."""

    title: JobTitle
    reason: str
    credits_back: int


@dataclass(frozen=True)
class JobCancelled:
    """The job's ending when somebody stopped it."""

    title: JobTitle
    credits_back: int


@dataclass(frozen=True)
class ModelReady:
    """A training's happy ending: a new message that mentions its requester."""

    title: JobTitle
    requester_id: str
    handle: str
    version: int
    likeness: float | None
    test_sheet: Picture
    try_prompt: str
    advice: str
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class ImagesReady:
    """Pictures, in place of the card that promised them."""

    title: JobTitle
    requester_id: str
    pictures: tuple[Picture, ...]
    footer: str
    """`seed 8112 · @summer-shoes v2`."""
    notes: tuple[str, ...]
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class ModelCard:
    """A model in a list."""

    handle: str
    display_name: str
    kind: ModelKind
    state: str
    version: int | None
    is_demo: bool
    likeness: float | None


@dataclass(frozen=True)
class ModelList:
    """A page of the workspace's models, or of those that a search found. `page` counts from 0."""

    search: str
    models: tuple[ModelCard, ...]
    page: int = 0
    pages: int = 1
    total: int = 0
    """Models on all pages; 0 where this is the only one."""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class JobLine:
    """A job in a list."""

    title: str
    status: str
    is_new: bool
    buttons: tuple[Button, ...]


@dataclass(frozen=True)
class JobList:
    """Jobs that wait, run, or ended lately."""

    jobs: tuple[JobLine, ...]


@dataclass(frozen=True)
class WorkspaceSettings:
    """The workspace's rules. Lists hold the platform's ids of people and roles."""

    quorum: int
    approvers: tuple[str, ...]
    trainers: tuple[str, ...]
    has_private_threads: bool
    may_change: bool


@dataclass(frozen=True)
class CreditsShown:
    """What is left of the month's credits, and what things cost."""

    plan: str
    balance: int
    monthly: int
    picture: int
    trainings: tuple[tuple[ModelKind, int], ...]
    """Prices of the kinds that the plan trains."""


@dataclass(frozen=True)
class DeleteConfirmation:
    """What deleting would erase, and how to confirm it by name."""

    handle: str
    erased: str
    how: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class ModelDeleted:
    """The model is gone, and what deleting cannot reach."""

    handle: str
    remains: str


@dataclass(frozen=True)
class ModelPhotos:
    """`/edit` without a change: the photos a model has, and what can be done."""

    handle: str
    pictures: tuple[Picture, ...]
    captions: tuple[str, ...]
    how: str
    buttons: tuple[Button, ...] = ()


Reply = (
    Refusal
    | Notice
    | Analyzing
    | PhotosNeeded
    | FindingsToReview
    | FlaggedPhoto
    | PersonQuestion
    | ConsentNeeded
    | CaptionsToReview
    | ReadyToTrain
    | DraftClosed
    | JobQueued
    | JobRunning
    | JobDone
    | JobFailed
    | JobCancelled
    | ModelReady
    | ImagesReady
    | ModelList
    | JobList
    | WorkspaceSettings
    | CreditsShown
    | DeleteConfirmation
    | ModelDeleted
    | ModelPhotos
)
