"""Answering a request for its author's eyes only, where Slack can do that, and in the thread where it cannot."""

from __future__ import annotations

import logging

import aiohttp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.chat.card import Card
from bot.chat.remembered import Remembered
from bot.chat.servers import Servers
from bot.frontend import FrontendUnavailable
from bot.replies import ModelList, Reply, WorkspaceSettings
from bot.requests import Requester
from bot.slack.addresses import Place, ReplyToken, place_of
from bot.slack.layout import Block, content_of
from bot.slack.limits import REQUEST_PATIENCE_SECONDS
from bot.slack.posting import Posting
from bot.slack.showing import Said
from bot.slack.threads import DIRECT
from bot.slack.uploads import Uploads
from bot.slack.web import Refusal, Unclear, Web
from bot.slack.wording import Wording

log = logging.getLogger(__name__)

IN_PLACE = (ModelList, WorkspaceSettings)
"""Answers to a press that take the place of the message with the button, which is one of the same kind."""
MAX_REMEMBERED = 2000
RESPONSE_HOST = "hooks.slack.com"
"""docs.slack.dev, Handling user interaction: where response addresses are."""
OF_COMMAND = "/commands/"
"""In the address that answers a slash command: there is no message that could be replaced."""


class Spent(Exception):
    """The response address takes nothing (any more): half an hour is over, or five answers were given."""


class Answers:
    """What is said to the person who asked."""

    def __init__(
        self,
        web: Web,
        posting: Posting,
        uploads: Uploads,
        wording: Wording,
        test_base: str = "",
    ) -> None:
        """Prepare.

        Args:
            web: Slack's Web API.
            posting: Where an answer goes that cannot be for one person's eyes.
            uploads: Brings the pictures of an answer.
            wording: How replies read.
            test_base: The address of a Slack played by a test, or empty.
        """
        self._wording = wording
        self._web = web
        self._posting = posting
        self._uploads = uploads
        self._servers = Servers({RESPONSE_HOST}, test_base)
        self._said: Remembered[str, None] = Remembered(MAX_REMEMBERED)
        """Nonces that were said already: what one person sees cannot be found again on Slack."""

    async def answer(self, requester: Requester, reply: Reply | None, *, nonce: str) -> None:
        """Answer once, as far as Slack lets us know: where the line broke, the person may see it twice, never not.

        Raises:
            FrontendUnavailable: Nothing can be said now.
            StoreUnavailable: The token or a picture cannot be read now.
        """
        if reply is None or nonce in self._said:
            return
        place = place_of(requester.thread)
        card, token = self._wording.card(reply), ReplyToken.read(requester.reply_token)
        thread = token.thread_in(place)
        if self._servers.checked(token.address) is not None:
            try:
                content = await self._content(place, card)
                await self._respond(token.address, thread, reply, content)
                self._remember(nonce)
                return
            except Spent:
                log.info("action=response_address_spent")
        if not place.channel.startswith(DIRECT):
            try:
                content = await self._content(place, card)
                await self._web.say_to_one(
                    place.workspace, place.channel, requester.user_id, content, thread=thread
                )
                self._remember(nonce)
                return
            except Refusal as refusal:
                log.info("action=ephemeral_refused code=%s", refusal.code)
                await self._posting.post_to_person(
                    place.workspace, requester.user_id, Said(reply, card), nonce
                )
                return
        # In a conversation with one person everything is for their eyes, and a message stays.
        await self._posting.post(requester.thread, reply, nonce=nonce)

    async def _content(self, place: Place, card: Card) -> Block:
        if not card.pictures:
            return content_of(card)
        try:
            return content_of(card, await self._uploads.for_blocks(place.workspace, card.pictures, {}))
        except Refusal as refusal:
            log.warning("action=answer_without_pictures code=%s", refusal.code)
            return content_of(card)

    async def _respond(self, address: str, thread: str, reply: Reply, content: Block) -> None:
        is_in_place = isinstance(reply, IN_PLACE) and OF_COMMAND not in address
        body = {**content, "response_type": "ephemeral", "replace_original": is_in_place}
        if thread and not is_in_place:
            body["thread_ts"] = thread
        client = AsyncWebhookClient(address, timeout=int(REQUEST_PATIENCE_SECONDS), retry_handlers=[])
        try:
            answered = await client.send_dict(body)
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            raise Unclear(f"Slack did not answer: {type(fault).__name__}") from fault
        if answered.status_code == 429:
            raise FrontendUnavailable("Slack asks to wait")
        if answered.status_code >= 500:
            raise Unclear(f"Slack answers {answered.status_code}")
        if answered.status_code != 200:
            raise Spent

    def _remember(self, nonce: str) -> None:
        self._said[nonce] = None
