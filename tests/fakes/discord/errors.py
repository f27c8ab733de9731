"""Discord's refusals, with the codes that it really answers with.

Source: discord-api-docs, Opcodes and Status Codes, JSON error codes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Refusal(Exception):
    """Discord says no: an HTTP status, its own code, and for a malformed form where it is wrong."""

    def __init__(
        self,
        status: int,
        code: int,
        message: str,
        *,
        errors: dict[str, Any] | None = None,
        more: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code} {message} {errors or ''}".rstrip())
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.more = more or {}

    def body(self) -> dict[str, Any]:
        """Return the JSON that carries it."""
        errors = {} if self.errors is None else {"errors": self.errors}
        return {"message": self.message, "code": self.code, **errors, **self.more}


class Malformed(Refusal):
    """A request that no correct program sends, so that it is complained about as well as refused."""


def invalid_form(path: Sequence[str | int], code: str, message: str) -> Malformed:
    """Return 50035 with the nested object that leads to the field.

    Args:
        path: keys and list places from the top of the body; empty for the body itself.
        code: Discord's name of the problem, as in `BASE_TYPE_MAX_LENGTH`.
    """
    nested: dict[str, Any] = {"_errors": [{"code": code, "message": message}]}
    for key in reversed(path):
        nested = {str(key): nested}
    return Malformed(400, 50035, "Invalid Form Body", errors=nested)


def too_long(path: Sequence[str | int], limit: int) -> Malformed:
    """Return 50035 for a text or a list that is longer than `limit`."""
    return invalid_form(path, "BASE_TYPE_MAX_LENGTH", f"Must be {limit} or fewer in length.")


def unknown_route() -> Malformed:
    """Return what an address that leads nowhere answers."""
    return Malformed(404, 0, "404: Not Found")


def unauthorized() -> Refusal:
    """Return what a wrong bot token gets."""
    return Refusal(401, 0, "401: Unauthorized")


def unknown_channel() -> Refusal:
    """Return 10003."""
    return Refusal(404, 10003, "Unknown Channel")


def unknown_guild() -> Refusal:
    """Return 10004."""
    return Refusal(404, 10004, "Unknown Guild")


def unknown_member() -> Refusal:
    """Return 10007."""
    return Refusal(404, 10007, "Unknown Member")


def unknown_message() -> Refusal:
    """Return 10008."""
    return Refusal(404, 10008, "Unknown Message")


def unknown_user() -> Refusal:
    """Return 10013."""
    return Refusal(404, 10013, "Unknown User")


def unknown_emoji() -> Malformed:
    """Return 10014: a reaction that is no emoji is a mistake in the program."""
    return Malformed(400, 10014, "Unknown Emoji")


def unknown_webhook() -> Refusal:
    """Return 10015."""
    return Refusal(404, 10015, "Unknown Webhook")


def unknown_interaction() -> Refusal:
    """Return 10062: too late, or never asked."""
    return Refusal(404, 10062, "Unknown interaction")


def unknown_command() -> Refusal:
    """Return 10063."""
    return Refusal(404, 10063, "Unknown application command")


def too_many_reactions() -> Refusal:
    """Return 30010."""
    return Refusal(400, 30010, "Maximum number of reactions reached (20)")


def too_many_old_edits(retry_after_seconds: float) -> Refusal:
    """Return 30046, which comes as a 429."""
    message = "Maximum number of edits to messages older than 1 hour reached. Try again later"
    return Refusal(429, 30046, message, more={"retry_after": retry_after_seconds, "global": False})


def too_large() -> Refusal:
    """Return 40005: a file over the limit."""
    return Refusal(413, 40005, "Request entity too large")


def already_acknowledged() -> Refusal:
    """Return 40060."""
    return Refusal(400, 40060, "Interaction has already been acknowledged.")


def missing_access() -> Refusal:
    """Return 50001: the channel cannot be seen."""
    return Refusal(403, 50001, "Missing Access")


def too_many_followups() -> Refusal:
    """Return 40094."""
    return Refusal(400, 40094, "This interaction has reached the maximum number of follow-up messages.")


def not_the_author() -> Refusal:
    """Return 50005."""
    return Refusal(403, 50005, "Cannot edit a message authored by another user")


def empty_message() -> Malformed:
    """Return 50006."""
    return Malformed(400, 50006, "Cannot send an empty message")


def cannot_send_to_user() -> Refusal:
    """Return 50007."""
    return Refusal(403, 50007, "Cannot send messages to this user")


def missing_permissions() -> Refusal:
    """Return 50013."""
    return Refusal(403, 50013, "Missing Permissions")


def invalid_webhook_token() -> Refusal:
    """Return 50027: an interaction's token that is over, or never was."""
    return Refusal(401, 50027, "Invalid Webhook Token")


def thread_archived() -> Refusal:
    """Return 50083."""
    return Refusal(400, 50083, "Thread is archived")


def thread_exists() -> Refusal:
    """Return 160004."""
    return Refusal(400, 160004, "A thread has already been created for this message")
