"""What a person can ask. A front-end parses its platform's events into these and hands them to `bot.dispatch`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from core.rules.kinds import ModelKind


@dataclass(frozen=True)
class ThreadAddress:
    """Where a conversation happens: `thread` means something to that platform only."""

    platform: str
    thread: str


@dataclass(frozen=True)
class MessageRef:
    """One message of ours in a thread."""

    thread: ThreadAddress
    message: str


@dataclass(frozen=True)
class Requester:
    """Who asks, where, and in which workspace (as the platform names it)."""

    platform: str
    workspace: str
    user_id: str
    display_name: str
    thread: ThreadAddress
    is_admin: bool = False


@dataclass(frozen=True)
class Attachment:
    """A file that came with a request; `path` is where the front-end can read it from."""

    filename: str
    path: Path


@dataclass(frozen=True)
class TrainRequest:
    """`/train`: make a model from photos."""

    requester: Requester
    kind: ModelKind
    name: str
    attachments: tuple[Attachment, ...]
    class_noun: str = ""
    base_model: str = ""
    preset: str = "standard"
    customizations: str = ""


@dataclass(frozen=True)
class EditRequest:
    """`/edit`: add or remove photos of a model and train it anew. `remove` holds photo numbers from 1."""

    requester: Requester
    name: str
    attachments: tuple[Attachment, ...] = ()
    remove: tuple[int, ...] = ()
    preset: str = "standard"


@dataclass(frozen=True)
class AddPhotosRequest:
    """Files sent into a thread whose draft is still open."""

    requester: Requester
    attachments: tuple[Attachment, ...]


@dataclass(frozen=True)
class DeleteRequest:
    """`/delete`: erase a model. `confirmation` repeats the name, or is empty the first time."""

    requester: Requester
    name: str
    confirmation: str = ""


@dataclass(frozen=True)
class ImagineRequest:
    """`/imagine`: make pictures. None leaves an option to the plan and the base."""

    requester: Requester
    prompt: str
    count: int | None = None
    seed: int | None = None
    aspect: str | None = None
    steps: int | None = None
    guidance: float | None = None
    negative: str = ""


@dataclass(frozen=True)
class ModelsRequest:
    """`/models`: list the workspace's models, or search them."""

    requester: Requester
    search: str = ""


@dataclass(frozen=True)
class JobsRequest:
    """`/jobs`: what is queued, running or unseen."""

    requester: Requester


@dataclass(frozen=True)
class CaptionsRequest:
    """New captions for some photos of the draft in this thread, by photo number from 1."""

    requester: Requester
    captions: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class ButtonPress:
    """A button of ours. `action` is what the button carried, such as `draft:0f…:start`."""

    requester: Requester
    action: str


@dataclass(frozen=True)
class Reaction:
    """An emoji put on, or taken off, a message of ours."""

    requester: Requester
    message: str
    emoji: str
    is_withdrawn: bool = False
    is_bot: bool = False


Request = (
    TrainRequest
    | EditRequest
    | AddPhotosRequest
    | DeleteRequest
    | ImagineRequest
    | ModelsRequest
    | JobsRequest
    | CaptionsRequest
    | ButtonPress
    | Reaction
)
