"""The requests that we make of Slack's Web API, each once and in its turn, and how what goes wrong is told."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError

from bot.frontend import FrontendUnavailable
from bot.slack.clients import Clients, NotInstalled
from bot.slack.limits import LOOK_MESSAGES, REQUEST_PATIENCE_SECONDS
from bot.slack.pace import POST, Pace

Payload = Mapping[str, Any]


class Unclear(FrontendUnavailable):
    """The answer did not come: it may have been done, or not."""


class Refusal(Exception):
    """Slack says no; `code` says why, by the name that its documentation gives."""

    def __init__(self, code: str, needed: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.needed = needed
        """The scope that is missing, where that is why."""


WITHOUT_TOKEN = frozenset(
    ("account_inactive", "invalid_auth", "not_authed", "token_expired", "token_revoked")
)
"""docs.slack.dev, errors of every method: the token is worth nothing (any more)."""
UNWELL = frozenset(("fatal_error", "internal_error"))
"""The same: "some aspect of the operation" may have succeeded."""
LATER = frozenset(
    (
        "org_login_required",
        "ratelimited",
        "rate_limited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
    )
)
"""The same: nothing was done, and another time it may be."""


class Web:
    """Slack's Web API, for whichever workspace.

    Every method raises:
        Unclear: The line was cut, or Slack is unwell.
        FrontendUnavailable: Nothing was done, and another time it may be; `NotInstalled` where we were thrown out.
        Refusal: Slack says no.
        StoreUnavailable: The token cannot be read now.
    """

    def __init__(
        self, clients: Clients, pace: Pace, *, patience_seconds: float = REQUEST_PATIENCE_SECONDS
    ) -> None:
        self._clients = clients
        self._patience_seconds = patience_seconds
        self.pace = pace

    async def _ask(self, workspace: str, method: str, channel: str = "", **how: Any) -> Payload:
        """Make a request; `how` are the SDK's `json` and `data`, or `params` for what only reads."""
        client = await self._clients.of(workspace)
        try:
            async with self.pace.turn(method, workspace, channel), asyncio.timeout(self._patience_seconds):
                response = await client.api_call(
                    method, http_verb="GET" if "params" in how else "POST", **how
                )
        except SlackApiError as error:
            raise _told(error) from error
        except aiohttp.ClientConnectorError as fault:
            raise FrontendUnavailable("Slack cannot be reached") from fault
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            raise Unclear(f"Slack did not answer: {type(fault).__name__}") from fault
        data = response.data
        if not isinstance(data, dict):
            raise Unclear("Slack's answer is none")
        return data

    # Messages

    async def post(
        self, workspace: str, channel: str, content: Payload, *, thread: str = "", metadata: Payload
    ) -> Payload:
        """Post a message, and return it."""
        where = {"channel": channel} | ({"thread_ts": thread} if thread else {})
        body = {**content, **where, "metadata": metadata, "unfurl_links": False, "unfurl_media": False}
        return await self._ask(workspace, POST, channel, json=body)

    async def update(
        self, workspace: str, channel: str, message: str, content: Payload, metadata: Payload | None = None
    ) -> Payload:
        """Replace what a message of ours says; its metadata stay unless new ones are given."""
        body = {**content, "channel": channel, "ts": message} | ({"metadata": metadata} if metadata else {})
        return await self._ask(workspace, "chat.update", json=body)

    async def delete(self, workspace: str, channel: str, message: str) -> None:
        """Take a message of ours away."""
        await self._ask(workspace, "chat.delete", json={"channel": channel, "ts": message})

    async def say_to_one(
        self, workspace: str, channel: str, user_id: str, content: Payload, *, thread: str = ""
    ) -> None:
        """Say something in a channel that one person sees."""
        body = {**content, "channel": channel, "user": user_id} | ({"thread_ts": thread} if thread else {})
        await self._ask(workspace, "chat.postEphemeral", json=body)

    async def replies(self, workspace: str, channel: str, thread: str, cursor: str = "") -> Payload:
        """Return a page of a thread, oldest first, after the message that it hangs on."""
        about = {"channel": channel, "ts": thread, "limit": LOOK_MESSAGES, "include_all_metadata": True}
        return await self._ask(
            workspace, "conversations.replies", params=about | ({"cursor": cursor} if cursor else {})
        )

    async def history(self, workspace: str, channel: str) -> Payload:
        """Return the newest messages of a channel, newest first."""
        about = {"channel": channel, "limit": LOOK_MESSAGES, "include_all_metadata": True}
        return await self._ask(workspace, "conversations.history", params=about)

    async def open_direct(self, workspace: str, user_id: str) -> str:
        """Return the id of the conversation with one person."""
        found = await self._ask(workspace, "conversations.open", json={"users": user_id})
        return str(found["channel"]["id"])

    # Reactions

    async def react(self, workspace: str, channel: str, message: str, name: str) -> None:
        """Put an emoji of ours on a message."""
        about = {"channel": channel, "timestamp": message, "name": name}
        await self._ask(workspace, "reactions.add", json=about)

    async def unreact(self, workspace: str, channel: str, message: str, name: str) -> None:
        """Take our emoji off."""
        about = {"channel": channel, "timestamp": message, "name": name}
        await self._ask(workspace, "reactions.remove", json=about)

    async def reacted(self, workspace: str, channel: str, message: str) -> Payload:
        """Return a message with its `reactions`, each with its `name` and all of its `users`."""
        about = {"channel": channel, "timestamp": message, "full": True}
        found = await self._ask(workspace, "reactions.get", params=about)
        return found.get("message") or {}

    # Files

    async def upload_address(self, workspace: str, filename: str, size_bytes: int, alt: str) -> Payload:
        """Return where a file's bytes go, as `upload_url`, and its `file_id`."""
        about = {"filename": filename, "length": size_bytes} | ({"alt_txt": alt} if alt else {})
        return await self._ask(workspace, "files.getUploadURLExternal", data=about)

    async def complete_upload(
        self,
        workspace: str,
        files: Sequence[Payload],
        *,
        channel: str = "",
        thread: str = "",
        words: str = "",
    ) -> None:
        """Finish uploads, all shown in one message where a channel is named."""
        body: dict[str, Any] = {"files": list(files)}
        if channel:
            body["channel_id"] = channel
        if thread:
            body["thread_ts"] = thread
        if words:
            body["initial_comment"] = words
        await self._ask(workspace, "files.completeUploadExternal", json=body)

    async def file(self, workspace: str, file_id: str) -> Payload:
        """Return what Slack knows of a file."""
        found = await self._ask(workspace, "files.info", params={"file": file_id})
        file: Payload = found["file"]
        return file

    async def delete_file(self, workspace: str, file_id: str) -> None:
        """Take a file of ours away."""
        await self._ask(workspace, "files.delete", json={"file": file_id})

    # People

    async def user(self, workspace: str, user_id: str) -> Payload:
        """Return what Slack knows of a person."""
        found = await self._ask(workspace, "users.info", params={"user": user_id})
        user: Payload = found["user"]
        return user


def _told(error: SlackApiError) -> Exception:
    """Tell an answer that is not `ok` as the rest of the house does."""
    response: Any = error.response
    data = getattr(response, "data", None)
    answer: Payload = data if isinstance(data, dict) else {}
    status = getattr(response, "status_code", getattr(response, "status", 0))
    code = str(answer.get("error", ""))
    if code in LATER or status == 429:
        return FrontendUnavailable("Slack asks to wait")
    if status >= 500 or code in UNWELL or not code:
        return Unclear(f"Slack answers {status} {code}".rstrip())
    if code in WITHOUT_TOKEN:
        return NotInstalled(f"Slack does not take our token: {code}")
    return Refusal(code, str(answer.get("needed", "")))
