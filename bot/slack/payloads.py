"""What is where in the payloads that Slack sends."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, cast

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.slack.addresses import Place, ReplyToken
from bot.slack.origin import Origin
from bot.slack.saying import acknowledged

RETRY_HEADER = "x-slack-retry-num"
MAX_TRIGGER_CHARACTERS = 80
"""Of a trigger's end, its random part, as much as a row's key has room for. Slack's have some 60."""

Payload = Mapping[str, Any]


def workspace_of(req: AsyncBoltRequest) -> str:
    """Return the workspace whose installation a request is for: a guest's is the one that they are in."""
    context = req.context
    if context.is_enterprise_install and context.enterprise_id:
        return context.enterprise_id
    return context.team_id or ""


def place_of_press(workspace: str, body: Payload) -> Place:
    """Return where a button stands: what it starts goes on in the thread that it is in, or heads."""
    container = cast(Payload, body.get("container") or {})
    message = cast(Payload, body.get("message") or {})
    channel = str(container.get("channel_id") or (body.get("channel") or {}).get("id") or "")
    thread = container.get("thread_ts") or message.get("thread_ts")
    if not thread and not container.get("is_ephemeral"):
        thread = container.get("message_ts")  # nothing can stand beneath what one person alone sees
    return Place(workspace, channel, str(thread or ""))


def token_of(body: Payload) -> str:
    """Return what answers a press or a shortcut for its person's eyes only."""
    container, message = (cast(Payload, body.get(name) or {}) for name in ("container", "message"))
    is_begun = bool(container.get("thread_ts") or message.get("thread_ts") or container.get("is_ephemeral"))
    return ReplyToken(str(body.get("response_url") or ""), is_begun).written()


def token_of_message(event: Payload) -> str:
    """Return what answers a message for its author's eyes only: no address, but whether it stands in a thread."""
    return ReplyToken(is_thread_begun="thread_ts" in event).written()


def complaint(view: Payload, text: str, field: str = "") -> BoltResponse:
    """Say something in a form, which stays open with all that was typed."""
    fields = [str(block["block_id"]) for block in view.get("blocks") or () if block.get("type") == "input"]
    if not fields:
        return acknowledged()
    where = field if field in fields else fields[0]
    return acknowledged({"response_action": "errors", "errors": {where: text}})


def request_key(kind: str, trigger: object) -> str:
    """Return what names a request for good: a trigger is given once, and comes again where Slack repeats itself."""
    return f"{kind}:{str(trigger)[-MAX_TRIGGER_CHARACTERS:]}"


def own_id(body: Payload) -> str:
    """Return our user id in the workspace that an event is told for."""
    authorizations = body.get("authorizations") or ()
    return next((str(each["user_id"]) for each in authorizations if each.get("is_bot")), "")


def retry_number(req: AsyncBoltRequest) -> int:
    """Return how often Slack has told an event before this time."""
    [number, *_] = (*req.headers.get(RETRY_HEADER, ()), "0")
    return int(number) if number.isdecimal() else 0


def kept_in(view: Payload) -> dict[str, Any]:
    """Return what a view keeps; nothing for what no view of ours kept."""
    try:
        kept = json.loads(view.get("private_metadata") or "{}")
    except ValueError:
        return {}
    return kept if isinstance(kept, dict) else {}


def place_in(origin: Origin, workspace: str) -> Place:
    """Return the place that a form belongs to: never one of another workspace."""
    _, channel, *inner = origin.thread.split("/")
    return Place(workspace, channel, *inner[:1])
