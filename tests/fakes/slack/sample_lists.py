"""Where what the fake sends differs from the official samples, each with its reason. Patterns are of paths."""

from __future__ import annotations

NULLABLE = (
    "bot_access_token",
    "close",
    "context_enterprise_id",
    "enterprise",
    "enterprise_id",
    "external_id",
    "previous_view_id",
    "submit",
    "view",
)
"""Keys that Slack fills with null: samples have an empty value of the other type."""

ADDED: dict[str, str] = {
    "*.context_team_id": "MemberJoinedChannelPayload and others have it; some samples are older",
    "*.context_enterprise_id": "the same",
    "app_mention.event.files": "a mention with files: Slack sends them, as the message's event does",
    "app_mention.event.upload": "the same",
    "app_mention.event.display_as_bot": "the same",
    "*.event.blocks": "MessagePayload has them; some samples of subtypes are older",
    "message.event.reply_count": "never sent with a new message; here for an event that is told again",
    "message file_share.event.bot_id": "a bot's upload: MessagePayload has the three",
    "message file_share.event.bot_profile": "the same",
    "message file_share.event.team": "the same",
    "message message_changed.event.message.metadata": "docs.slack.dev, Message metadata: events carry it",
    "block_actions.actions.selected_options": "docs.slack.dev, block_actions: lists of several and checkboxes",
    "block_actions.actions.selected_users": "the same",
    "block_actions.actions.selected_channels": "the same",
    "block_actions.actions.selected_conversations": "the same",
    "view_submission.response_urls": "docs.slack.dev, view_submission: always there, mostly empty",
    "*.view.state.values": "the state is an empty object in the samples",
    "*.state.values": "the same",
    "*.view.blocks": "blocks stand in the samples of answers only",
    "*.message.reactions.users": "api.reactions.get has it",
    "*.message.metadata.event_payload": "what the app wrote",
    "message.event.metadata.event_payload": "the same",
    "message.event.is_locked": "as in MessageChangedPayload's messages",
    "*.message.reply_users": "api.conversations.replies has it",
    "api.conversations.replies.messages.client_msg_id": "api.conversations.history has it",
    "api.chat.update.errors": "api.chat.postMessage has it",
}

UNLIKE: dict[str, str] = {
    "command.is_enterprise_install": "a form's field: always the text false or true",
    "*.original_w": "a number in every real answer; the sample's type is a Java one",
    "*.original_h": "the same",
    "api.conversations.*.purpose": "the same key is a text in a message, and an object in a channel",
}

_GRID = "only in organisations with an enterprise plan"
_OLD = "deprecated: authorizations took its place"
_AUTHORS = "only for messages of bots, or as a bot's stand-in"
_OTHER = "only where the payload is about something else"

OPTIONAL: dict[str, str] = {
    "*.authed_users": _OLD,
    "*.authed_teams": _OLD,
    "*.enterprise_id": _GRID,
    "command.enterprise_name": _GRID,
    "*.event.enterprise": _GRID,
    "*.event.inviter": "only where somebody was invited",
    "*.event.client_msg_id": "only where a person typed it",
    "*.event.bot_id": _AUTHORS,
    "*.event.bot_profile": _AUTHORS,
    "*.event.username": _AUTHORS,
    "*.event.app_id": _AUTHORS,
    "*.event.upload": "only with files",
    "*.event.display_as_bot": "only with files",
    "*.event.subtype": "only of messages that have one",
    "*.event.blocks": "a message without words has none",
    "*.event.attachments": "only where there are some",
    "*.event.metadata": "only of messages that an app posted with it",
    "*.event.thread_ts": "only in threads",
    "*.event.parent_user_id": "only in threads",
    "*.event.edited": "only of changed messages",
    "*.event.user_team": "only in channels that companies share",
    "*.event.source_team": "only in channels that companies share",
    "*.event.user_profile": "only where the sender is a stranger to the workspace; and not always then",
    "*.event.view": "only once the app has published one",
    "block_actions.app_unfurl": "only of unfurled links",
    "block_actions.channel": "only for messages",
    "block_actions.message": "only for messages",
    "block_actions.response_url": "only for messages",
    "block_actions.view": "only for views",
    "*.function_data": "only of workflow steps",
    "*.interactivity": "only of workflow steps",
    "*.bot_access_token": "only of workflow steps",
    "view_submission.is_cleared": "only when a view is closed",
    "view_closed.bot_access_token": "only of workflow steps",
}

HAND_WRITTEN: dict[str, dict[str, bool]] = {
    "shortcut": {
        "type": True,
        "token": True,
        "action_ts": True,
        "team": True,
        "user": True,
        "enterprise": True,
        "is_enterprise_install": True,
        "callback_id": True,
        "trigger_id": True,
    },
    "block_suggestion": {
        "type": True,
        "user": True,
        "container": True,
        "api_app_id": True,
        "token": True,
        "action_id": True,
        "block_id": True,
        "value": True,
        "team": True,
        "enterprise": True,
        "is_enterprise_install": True,
        "channel": False,
        "message": False,
        "view": False,
    },
}
"""Payloads without an official sample here: their keys after docs.slack.dev, and whether each is always there."""
