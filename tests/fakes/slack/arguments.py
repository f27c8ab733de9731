"""Arguments of the methods that the official types here leave out, by hand from docs.slack.dev, and few more."""

from __future__ import annotations

from typing import Any

Schemas = tuple[dict[str, Any], set[str]]
TEXT = {"type": "string"}
NUMBER = {"type": "number"}
YES_OR_NO = {"type": "boolean"}
TEXTS = {"anyOf": [{"type": "array", "items": TEXT}, TEXT]}
_PAGES: dict[str, Any] = {"cursor": TEXT, "limit": NUMBER}
_STRETCH: dict[str, Any] = {
    **_PAGES,
    "latest": TEXT,
    "oldest": TEXT,
    "inclusive": YES_OR_NO,
    "include_all_metadata": YES_OR_NO,
}


def _of(required: str = "", **optional: Any) -> Schemas:
    names = set(required.split())
    return {**dict.fromkeys(names, TEXT), **optional, "token": TEXT}, names


ARGUMENTS: dict[str, Schemas] = {
    "api.test": _of(error=TEXT, foo=TEXT),
    "apps.connections.open": _of(),
    "apps.uninstall": _of("client_id client_secret"),
    "auth.revoke": _of(test=YES_OR_NO),
    "auth.test": _of(),
    "bots.info": _of(bot=TEXT, team_id=TEXT),
    "chat.delete": _of("channel ts", as_user=YES_OR_NO),
    "chat.getPermalink": _of("channel message_ts"),
    "chat.postEphemeral": _of(
        "channel user",
        text=TEXT,
        blocks={"type": "array"},
        attachments={"type": "array"},
        thread_ts=TEXT,
        as_user=YES_OR_NO,
        icon_emoji=TEXT,
        icon_url=TEXT,
        link_names=YES_OR_NO,
        parse=TEXT,
        username=TEXT,
    ),
    "conversations.history": _of("channel", **_STRETCH),
    "conversations.info": _of("channel", include_locale=YES_OR_NO, include_num_members=YES_OR_NO),
    "conversations.join": _of("channel"),
    "conversations.list": _of(types=TEXTS, exclude_archived=YES_OR_NO, team_id=TEXT, **_PAGES),
    "conversations.members": _of("channel", **_PAGES),
    "conversations.open": _of(channel=TEXT, users=TEXTS, return_im=YES_OR_NO, prevent_creation=YES_OR_NO),
    "conversations.replies": _of("channel ts", **_STRETCH),
    "files.delete": _of("file"),
    "files.info": _of("file", count=NUMBER, page=NUMBER, **_PAGES),
    "oauth.v2.access": _of(
        client_id=TEXT, client_secret=TEXT, code=TEXT, redirect_uri=TEXT, grant_type=TEXT, refresh_token=TEXT
    ),
    "reactions.get": _of(channel=TEXT, timestamp=TEXT, file=TEXT, file_comment=TEXT, full=YES_OR_NO),
    "reactions.remove": _of("name", channel=TEXT, timestamp=TEXT, file=TEXT, file_comment=TEXT),
    "team.info": _of(team=TEXT, domain=TEXT),
    "usergroups.list": _of(
        include_count=YES_OR_NO, include_disabled=YES_OR_NO, include_users=YES_OR_NO, team_id=TEXT
    ),
    "usergroups.users.list": _of("usergroup", include_disabled=YES_OR_NO, team_id=TEXT),
    "users.conversations": _of(user=TEXT, types=TEXTS, exclude_archived=YES_OR_NO, team_id=TEXT, **_PAGES),
    "users.info": _of("user", include_locale=YES_OR_NO),
    "users.list": _of(include_locale=YES_OR_NO, team_id=TEXT, **_PAGES),
    "views.push": _of("view", trigger_id=TEXT, interactivity_pointer=TEXT),
    "views.update": _of("view", view_id=TEXT, external_id=TEXT, hash=TEXT),
}
for _method in ("views.push", "views.update"):
    ARGUMENTS[_method][0]["view"] = {"type": "object"}

EXTRA: dict[str, dict[str, Any]] = {
    # The documentation has `alt_txt`; the official TypeScript types have `alt_text`.
    "files.getUploadURLExternal": {"alt_txt": TEXT},
    # Documented, and not in the types of 8.2.0; it cannot stand beside `channel_id`.
    "files.completeUploadExternal": {"channels": TEXT},
}
