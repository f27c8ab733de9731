"""Files as Slack shows them: in answers, and inside messages."""

from __future__ import annotations

from typing import Any

from tests.fakes.slack.files import StoredFile
from tests.fakes.slack.state import ChannelKind

Payload = dict[str, Any]


def file_payload(file: StoredFile) -> Payload:
    """Return a file: what Slack has not worked out yet is empty."""
    is_ready = file.is_accessible
    by_kind = {kind: [each.id for each in file.channels() if each.kind is kind] for kind in ChannelKind}
    shown: Payload = {
        "id": file.id,
        "created": file.created_at,
        "timestamp": file.created_at,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype if is_ready else "",
        "filetype": file.filetype if is_ready else "",
        "pretty_type": file.pretty_type if is_ready else "",
        "user": file.owner.id,
        "user_team": file.owner.workspace.id,
        "editable": False,
        "size": len(file.content),
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": False,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": file.url_private,
        "url_private_download": file.url_private_download,
        "media_display_type": "unknown",
        "permalink": file.permalink,
        "permalink_public": f"https://slack-files.com/{file.owner.workspace.id}-{file.id}-0",
        "has_rich_preview": False,
        "file_access": "visible",
        "comments_count": 0,
        "is_starred": False,
        "shares": _shares(file) if is_ready else {},
        "channels": by_kind[ChannelKind.PUBLIC] if is_ready else [],
        "groups": by_kind[ChannelKind.PRIVATE] if is_ready else [],
        "ims": by_kind[ChannelKind.DIRECT] if is_ready else [],
    }
    if file.alt_text:
        shown["alt_txt"] = file.alt_text
    size = file.size_px() if is_ready else None
    if size is not None:
        shown |= {"original_w": size[0], "original_h": size[1], "thumb_360": file.url_private}
    return shown


def file_in_message(file: StoredFile) -> Payload:
    """Return a file as events and interactions show it in a message: where it was shared is not told there."""
    shown = file_payload(file)
    for key in ("channels", "groups", "ims"):
        shown.pop(key)
    return shown | {"shares": {}}


def _shares(file: StoredFile) -> Payload:
    shares: Payload = {}
    for message in file.shares:
        if message.is_deleted:
            continue
        group = "public" if message.channel.kind is ChannelKind.PUBLIC else "private"
        told: Payload = {
            "ts": message.ts,
            "channel_name": message.channel.name,
            "team_id": message.channel.workspace.id,
            "share_user_id": message.author.id,
            "reply_users": [],
            "reply_users_count": 0,
            "reply_count": 0,
        }
        if message.thread is not None:
            told["thread_ts"] = message.thread.ts
        shares.setdefault(group, {}).setdefault(message.channel.id, []).append(told)
    return shares
