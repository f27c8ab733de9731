"""What lets the app answer an interaction for a while: triggers, for a form, and response addresses, for messages."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.slack import posting
from tests.fakes.slack.errors import Malformed, Refusal
from tests.fakes.slack.messages import Message
from tests.fakes.slack.rules_messages import check_message

if TYPE_CHECKING:
    from tests.fakes.slack.fake import FakeSlack
    from tests.fakes.slack.interactions import Interaction

TRIGGER_SECONDS = 3  # docs.slack.dev, Handling user interaction
RESPONSE_SECONDS, MAX_RESPONSES = 30 * 60, 5  # docs.slack.dev, Handling user interaction, response_url
RESPONSE_KEYS = {
    "text",
    "blocks",
    "attachments",
    "response_type",
    "replace_original",
    "delete_original",
    "thread_ts",
    "mrkdwn",
    "metadata",
    "unfurl_links",
    "unfurl_media",
}


@dataclass(eq=False)
class ResponseAddress:
    """An address that answers an interaction."""

    key: str
    interaction: Interaction
    made_at: float
    used: int = 0


class Triggers:
    """Gives out triggers and response addresses, and takes them."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake
        self._triggers: dict[str, Interaction] = {}
        self._exchanged: set[str] = set()
        self._addresses: dict[str, ResponseAddress] = {}

    def give(self, interaction: Interaction, *, with_address: bool) -> None:
        """Give an interaction its trigger, and an address to answer at."""
        interaction.trigger_id = f"{self._fake.ids.next('')}.{secrets.token_hex(16)}"
        self._triggers[interaction.trigger_id] = interaction
        if with_address:
            key = secrets.token_urlsafe(18)
            workspace = interaction.installation.workspace.id
            self._addresses[key] = ResponseAddress(key, interaction, self._fake.clock.monotonic())
            interaction.response_url = f"{self._fake.address}/response/{workspace}/{key}"

    def take(self, trigger_id: str, workspace_id: str) -> Interaction:
        """Exchange a trigger, which works once and for three seconds."""
        interaction = self._triggers.get(trigger_id)
        if interaction is None or interaction.installation.workspace.id != workspace_id:
            raise Malformed("invalid_trigger_id")
        if trigger_id in self._exchanged:
            raise Refusal("exchanged_trigger_id")
        if self._fake.clock.monotonic() - interaction.asked_at > TRIGGER_SECONDS:
            raise Refusal("expired_trigger_id")
        self._exchanged.add(trigger_id)
        return interaction

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """Take what is sent to a response address."""
        fault = self._fake.faults.take("response_url")
        if fault is not None and not fault.is_stored:
            return await self._fake.faults.fail(request, fault)
        try:
            said = await request.json()
        except ValueError:
            said = None
        answer = self._answer(request.match_info["key"], said)
        if fault is not None:
            return await self._fake.faults.fail(request, fault)
        return answer

    def _answer(self, key: str, said: Any) -> web.Response:
        address = self._addresses.get(key)
        if address is None or not isinstance(said, dict):
            self._fake.complain("response_url", "no such address, or no JSON sent to it")
            return _refused("invalid_payload")
        if not address.interaction.installation.is_active:
            return _refused("token_revoked")
        if self._fake.clock.monotonic() - address.made_at > RESPONSE_SECONDS:
            return _refused("expired_url")
        if address.used >= MAX_RESPONSES:
            return _refused("used_url")
        address.used += 1
        try:
            self.take_answer(address.interaction, said, "response_url")
        except Refusal as refusal:
            if isinstance(refusal, Malformed):
                self._fake.complain("response_url", str(refusal))
            return _refused(refusal.error)
        return web.Response(text="ok", content_type="text/html")

    def take_answer(self, interaction: Interaction, said: dict[str, Any], where: str) -> None:
        """Carry out an answer to an interaction, which came with its acknowledgement or to its address."""
        for key in sorted(set(said) - RESPONSE_KEYS):
            self._fake.complain(where, f"unknown key {key!r}")
        source = interaction.message if where == "response_url" else None
        if said.get("delete_original"):
            if source is not None:
                posting.delete(self._fake, source)
            return
        check_message(self._fake, interaction.installation, said)
        blocks, text = said.get("blocks") or [], said.get("text", "")
        if said.get("replace_original") and source is not None:
            posting.change(self._fake, source, blocks=blocks, notification=text)
            return
        interaction.replies.append(self._reply(interaction, said, blocks, text))

    def _reply(self, interaction: Interaction, said: dict[str, Any], blocks: Any, text: str) -> Message:
        thread = interaction.channel.messages.get(said.get("thread_ts", "")) if interaction.channel else None
        is_public = said.get("response_type", "ephemeral") == "in_channel"
        assert interaction.channel is not None, "an interaction without a channel has no response address"
        return posting.post(
            self._fake,
            interaction.channel,
            interaction.installation.bot,
            text,
            blocks=blocks,
            thread=None if thread is None else thread.root,
            metadata=said.get("metadata"),
            only_for=None if is_public else interaction.user,
        )


def _refused(error: str) -> web.Response:
    return web.json_response({"ok": False, "error": error}, status=404)
