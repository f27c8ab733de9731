"""What forms and suggestions have to know before there is a request: small questions, each answered at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.rules.kinds import ModelKind


@dataclass(frozen=True)
class KnownModel:
    """A model as suggestions need it. `is_ready`: some version of it can be painted with now."""

    handle: str
    display_name: str
    kind: ModelKind
    is_ready: bool
    is_demo: bool = False


@dataclass(frozen=True)
class OpenDraft:
    """A draft that still takes photos and captions. `captions` are those of its kept photos, in order."""

    thread: str
    captions: tuple[str, ...]


@dataclass(frozen=True)
class PeopleInCharge:
    """The workspace's rules, as the form of `/settings` begins with them."""

    quorum: int
    approvers: tuple[str, ...]
    trainers: tuple[str, ...]
    has_private_threads: bool


@dataclass(frozen=True)
class KnownJob:
    """A job in a list. `status` is a word or two for people."""

    id: str
    title: str
    status: str
    is_open: bool


@dataclass(frozen=True)
class AtHome:
    """What a person sees of a workspace at a glance. `balance`: credits left, None before its first word."""

    balance: int | None
    jobs: tuple[KnownJob, ...]


class Doors(Protocol):
    """The questions. A workspace is named as the platform names it; one that never spoke has nothing.

    Each raises `core.errors.StoreUnavailable` where rows cannot be read now.
    """

    async def handles(self, workspace: str) -> Sequence[KnownModel]:
        """Return the live models, by handle: one query, for it is asked with every letter that is typed."""
        ...

    async def draft(self, workspace: str, draft_id: str) -> OpenDraft | None:
        """Return a draft, or None where it is over or somebody else's."""
        ...

    async def has_draft(self, workspace: str, thread: str) -> bool:
        """Tell whether a draft in that thread still takes photos."""
        ...

    async def captions(self, workspace: str, handle: str) -> tuple[str, ...]:
        """Return the captions of the photos that a model was trained on, in order."""
        ...

    async def in_charge(self, workspace: str) -> PeopleInCharge:
        """Return who may do what."""
        ...


class FullDoors(Doors, Protocol):
    """More of them, for a platform that has a start page, and that tells of a reaction without its thread."""

    async def at_home(self, workspace: str) -> AtHome:
        """Return what waits, runs or ended lately, and what is left to spend."""
        ...

    async def thread_of_photo(self, workspace: str, message: str) -> str | None:
        """Return the thread of the draft whose photo a message shows; None for any other message."""
        ...
