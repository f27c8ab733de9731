"""What a person can ask. A front-end parses its platform's events into these and hands them to `bot.dispatch`."""

from __future__ import annotations

from dataclasses import dataclass

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
    """Who asks, where, and in which workspace (as the platform names it).

    Attributes:
        roles: The platform's ids of the groups that the person is in.
        reply_token: What the platform lets a request be answered by for its author's eyes only, for a short
            while; empty where it knows no such thing.
        plan: A plan that the platform grants the person, such as by a role; it counts where it is larger than
            the workspace's own.
    """

    platform: str
    workspace: str
    user_id: str
    display_name: str
    thread: ThreadAddress
    is_admin: bool = False
    roles: tuple[str, ...] = ()
    reply_token: str = ""
    plan: str = ""


@dataclass(frozen=True)
class Attachment:
    """A file that came with a request; `address` is where its front-end can read it from."""

    filename: str
    address: str


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
    """`/models`: list the workspace's models, or search them. `page` counts from 0."""

    requester: Requester
    search: str = ""
    page: int = 0


@dataclass(frozen=True)
class JobsRequest:
    """`/jobs`: what is queued, running or unseen."""

    requester: Requester


@dataclass(frozen=True)
class SettingsRequest:
    """`/settings`: see the workspace's rules, or change those that are given.

    `approvers` and `trainers` replace a list, `more_approvers` and `more_trainers` are added to it.
    """

    requester: Requester
    quorum: int | None = None
    approvers: tuple[str, ...] | None = None
    trainers: tuple[str, ...] | None = None
    has_private_threads: bool | None = None
    more_approvers: tuple[str, ...] = ()
    more_trainers: tuple[str, ...] = ()


@dataclass(frozen=True)
class CreditsRequest:
    """`/credits`: the plan, what is left of the month's credits, and what things cost."""

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


@dataclass(frozen=True)
class LookedRequest:
    """Nobody's words: a worker's look at a draft's photos has ended, and the draft goes on in its person's name."""

    requester: Requester
    draft_id: str


Request = (
    TrainRequest
    | EditRequest
    | AddPhotosRequest
    | DeleteRequest
    | ImagineRequest
    | ModelsRequest
    | JobsRequest
    | SettingsRequest
    | CreditsRequest
    | CaptionsRequest
    | ButtonPress
    | Reaction
    | LookedRequest
)
