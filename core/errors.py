"""What can go wrong, and how it is said.

An expected "no" is a value, `Refused`: a person asked for something that the rules do not allow,
and gets sentences that say what to do instead. Exceptions are faults:

    LikenessError
    ├── ConfigurationError    the operator's settings cannot work
    ├── NotFound              a row that must exist does not (or is another workspace's)
    ├── ClaimLost             somebody else holds the job now: stop, write nothing more
    ├── InvalidTransition     a persisted state machine was asked for a step it does not have
    ├── BlobMissing           the store has no such file
    ├── StoreUnavailable      rows or files cannot be reached or written now: the same call may work later
    └── JobFailed             a job cannot succeed; its sentence is shown to the person who asked
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    """An expected "no": one or more plain sentences, each with the next step in it."""

    reasons: tuple[str, ...]

    @classmethod
    def because(cls, *reasons: str) -> Refused:
        """Build a refusal from its sentences, most important first."""
        return cls(reasons)

    def __str__(self) -> str:
        return " ".join(self.reasons)


class LikenessError(Exception):
    """The root of every fault that Likeness raises itself."""


class ConfigurationError(LikenessError):
    """A setting cannot work; the message names the setting and the fix."""


class NotFound(LikenessError):
    """The row does not exist in this workspace."""


class ClaimLost(LikenessError):
    """A fenced write touched no row: the claim token is stale, so the work belongs to somebody else."""


class InvalidTransition(LikenessError):
    """The state machine has no such step from where it stands."""


class BlobMissing(LikenessError):
    """The blob store has no file under that key."""


class StoreUnavailable(LikenessError):
    """The database or the file store cannot be reached or written now; nothing was changed, try again later."""


class JobFailed(LikenessError):
    """The job cannot succeed, and trying again would not help; the message is for the requester."""
