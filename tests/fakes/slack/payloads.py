"""What the fake knows → the objects that Slack would send: users, channels, messages."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.file_payloads import file_payload
from tests.fakes.slack.messages import Message
from tests.fakes.slack.state import Channel, ChannelKind, Installation, User, UserGroup, Workspace

Payload = dict[str, Any]


def team_payload(workspace: Workspace) -> Payload:
    """Return a workspace as an interaction names it."""
    return {"id": workspace.id, "domain": workspace.domain}


def actor_payload(user: User) -> Payload:
    """Return who did something, as an interaction names them."""
    return {"id": user.id, "username": user.name, "name": user.name, "team_id": user.workspace.id}


def user_payload(user: User, viewer: Workspace) -> Payload:
    """Return a user as `users.info` does."""
    profile: Payload = {
        "title": "",
        "phone": "",
        "skype": "",
        "real_name": user.real_name,
        "real_name_normalized": user.real_name,
        "display_name": user.name,
        "display_name_normalized": user.name,
        "status_text": "",
        "status_emoji": "",
        "status_expiration": 0,
        "avatar_hash": "g0",
        "team": user.workspace.id,
        "image_72": f"https://secure.gravatar.com/avatar/{user.id}.jpg",
    }
    if user.is_bot:
        profile |= {"bot_id": user.bot_id, "always_active": True}
    shown: Payload = {
        "id": user.id,
        "team_id": user.workspace.id,
        "name": user.name,
        "deleted": user.is_deleted,
        "color": "9f69e7",
        "real_name": user.real_name,
        "tz": "Europe/London",
        "tz_label": "Greenwich Mean Time",
        "tz_offset": 0,
        "profile": profile,
        "is_admin": user.is_admin,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": False,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 1,
    }
    if user.workspace is not viewer:
        shown["is_stranger"] = True
    return shown


def channel_payload(channel: Channel, viewer: Installation) -> Payload:
    """Return a conversation as `conversations.info` does."""
    if channel.kind is ChannelKind.DIRECT:
        other = next(each for each in channel.members if each is not viewer.bot)
        return {
            "id": channel.id,
            "created": channel.created_at,
            "is_archived": False,
            "is_im": True,
            "is_org_shared": False,
            "user": other.id,
            "context_team_id": viewer.workspace.id,
            "updated": channel.created_at * 1000,
        }
    nothing = {"value": "", "creator": "", "last_set": 0}
    return {
        "id": channel.id,
        "name": channel.name,
        "is_channel": channel.kind is ChannelKind.PUBLIC,
        "is_group": channel.kind is ChannelKind.PRIVATE,
        "is_im": False,
        "is_mpim": False,
        "is_private": channel.kind is ChannelKind.PRIVATE,
        "created": channel.created_at,
        "is_archived": channel.is_archived,
        "is_general": False,
        "unlinked": 0,
        "name_normalized": channel.name,
        "is_shared": channel.is_shared,
        "is_org_shared": False,
        "is_ext_shared": channel.is_shared,
        "is_pending_ext_shared": False,
        "pending_shared": [],
        "context_team_id": viewer.workspace.id,
        "updated": channel.created_at * 1000,
        "creator": channel.creator.id,
        "shared_team_ids": [each.id for each in (channel.workspace, *channel.shared_with)],
        "pending_connected_team_ids": [],
        "is_member": viewer.bot in channel.members,
        "topic": nothing,
        "purpose": nothing,
        "previous_names": [],
    }


def group_payload(group: UserGroup, *, with_users: bool) -> Payload:
    """Return a user group as `usergroups.list` does."""
    shown: Payload = {
        "id": group.id,
        "team_id": group.workspace.id,
        "is_usergroup": True,
        "name": group.handle.title(),
        "description": "",
        "handle": group.handle,
        "is_external": False,
        "date_create": 1,
        "date_update": 1,
        "date_delete": 0,
        "auto_type": None,
        "created_by": "U0",
        "updated_by": "U0",
        "deleted_by": None,
        "user_count": len(group.members),
    }
    return shown | ({"users": [each.id for each in group.members]} if with_users else {})


def bot_profile(author: User, app_id: str) -> Payload:
    """Return what a message says about the bot that wrote it."""
    icon = "https://a.slack-edge.com/80588/img/plugins/app/bot_72.png"
    return {
        "id": author.bot_id,
        "app_id": app_id,
        "name": author.name,
        "icons": {"image_36": icon, "image_48": icon, "image_72": icon},
        "deleted": False,
        "updated": 1,
        "team_id": author.workspace.id,
    }


def message_payload(message: Message, app_id: str, *, with_metadata: bool = False) -> Payload:
    """Return a message as `conversations.replies` does, and events and interactions about it."""
    author = message.author
    shown: Payload = {"type": "message", "user": author.id, "ts": message.ts, "text": message.notification}
    if message.subtype is not None:
        shown["subtype"] = message.subtype
    if message.client_id is not None:
        shown["client_msg_id"] = message.client_id
    if author.is_bot:
        shown |= {"bot_id": author.bot_id, "app_id": app_id, "bot_profile": bot_profile(author, app_id)}
    shown["team"] = author.workspace.id
    if message.blocks:
        shown["blocks"] = message.blocks
    if message.attachments:
        shown["attachments"] = message.attachments
    if message.files:
        shown |= {
            "files": [file_payload(each) for each in message.files],
            "upload": False,
            "display_as_bot": False,
        }
    if message.edited_ts is not None:
        shown["edited"] = {"user": author.id, "ts": message.edited_ts}
    if message.metadata is not None and with_metadata:
        shown["metadata"] = message.metadata
    return shown | _thread_part(message)


def _thread_part(message: Message) -> Payload:
    if message.thread is not None:
        return {"thread_ts": message.thread.ts, "parent_user_id": message.thread.author.id}
    replies = message.replies
    if not replies:
        return {}
    people = list(dict.fromkeys(each.author.id for each in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(people),
        "latest_reply": replies[-1].ts,
        "reply_users": people,
        "is_locked": False,
        "subscribed": message.author.is_bot,
    }


def reactions_payload(message: Message) -> list[Payload]:
    """Return who reacted to a message."""
    return [
        {"name": name, "users": [user.id for user in users], "count": len(users)}
        for name, users in message.reacted.items()
    ]
