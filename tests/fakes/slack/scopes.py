"""Which scope each method and each event asks for: docs.slack.dev, Reference, Scopes."""

from __future__ import annotations

PREFIXES = ("channels", "groups", "im", "mpim")
CONVERSATION_SCOPES: dict[str, str] = {
    "conversations.history": "history",
    "conversations.info": "read",
    "conversations.list": "read",
    "conversations.members": "read",
    "conversations.replies": "history",
    "users.conversations": "read",
}
"""Methods whose scope depends on the kind of conversation: `channels:`, `groups:` or `im:` before this."""

METHOD_SCOPES: dict[str, str] = {
    "bots.info": "users:read",
    "chat.delete": "chat:write",
    "chat.postEphemeral": "chat:write",
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "conversations.join": "channels:join",
    "conversations.open": "im:write",
    "files.completeUploadExternal": "files:write",
    "files.delete": "files:write",
    "files.getUploadURLExternal": "files:write",
    "files.info": "files:read",
    "reactions.add": "reactions:write",
    "reactions.get": "reactions:read",
    "reactions.remove": "reactions:write",
    "team.info": "team:read",
    "usergroups.list": "usergroups:read",
    "usergroups.users.list": "usergroups:read",
    "users.info": "users:read",
    "users.list": "users:read",
}

EVENT_SCOPES: dict[str, str] = {
    "app_home_opened": "",
    "app_mention": "app_mentions:read",
    "app_uninstalled": "",
    "file_deleted": "files:read",
    "file_shared": "files:read",
    "member_joined_channel": "{prefix}:read",
    "message": "{prefix}:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "tokens_revoked": "",
}
"""What an event asks for; `{prefix}` stands for the kind of conversation."""

SUBSCRIPTIONS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "file_deleted",
    "file_shared",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
)
"""The events that the fake sends, as an app's settings name them."""

ALL_SCOPES = frozenset(
    {
        *METHOD_SCOPES.values(),
        *(f"{prefix}:{what}" for prefix in PREFIXES for what in ("history", "read")),
        "app_mentions:read",
        "chat:write.public",
        "commands",
    }
)
"""Every scope that something here asks for."""
