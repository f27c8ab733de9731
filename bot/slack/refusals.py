"""What Slack's refusals of a message come to."""

from __future__ import annotations

from bot.frontend import FrontendUnavailable
from bot.slack.web import Refusal

CLOSED = frozenset(
    (
        "access_denied",
        "cannot_dm_bot",
        "cannot_reply_to_message",
        "channel_is_limited_access",
        "channel_not_found",
        "ekm_access_denied",
        "is_archived",
        "is_inactive",
        "message_not_found",
        "messages_tab_disabled",
        "no_permission",
        "not_in_channel",
        "restricted_action",
        "restricted_action_non_threadable_channel",
        "restricted_action_read_only_channel",
        "restricted_action_thread_locked",
        "restricted_action_thread_only_channel",
        "team_access_not_granted",
        "thread_not_found",
    )
)
"""docs.slack.dev, chat.postMessage, chat.update, conversations.replies, Errors: the place is gone, or closed to us."""
FIXED = frozenset(("edit_window_closed",))
"""docs.slack.dev, chat.update, Errors: ours, and it stays as it is. Deleting it, another may take its place."""
NOT_OURS = frozenset(("cant_update_message",))
"""The same: another's, as what the bot of an earlier installation said. Slack alone knows; deleting it is not tried."""
UNREADABLE = frozenset(("missing_scope", "not_in_channel", "no_permission"))
"""docs.slack.dev, conversations.history, Errors: we may post there, and not read."""


class Refused(Exception):
    """The place does not take messages from us: it is gone, or closed to us."""


def unavailable(refusal: Refusal) -> FrontendUnavailable:
    """Return a refusal that is about none of these: only an operator, or time, can mend it."""
    return FrontendUnavailable(f"Slack refuses a message: {refusal.code} {refusal.needed}".rstrip())
