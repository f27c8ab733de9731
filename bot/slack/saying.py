"""Answers that need nobody else: an acknowledgement, a sentence for one person, a form."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from slack_bolt.response import BoltResponse
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from bot.requests import ThreadAddress
from bot.slack.addresses import Place, ReplyToken, place_of
from bot.slack.clients import REQUEST_SECONDS, Clients, NotInstalled
from bot.slack.fields import escaped
from bot.slack.form_limits import OPEN_SECONDS
from bot.slack.forms import Form
from bot.slack.origin import Origin
from bot.slack.people import FAULTS
from core.errors import StoreUnavailable

log = logging.getLogger(__name__)

DIRECT = "D"
"""What the ids of direct conversations begin with."""


def acknowledged(body: dict[str, Any] | None = None) -> BoltResponse:
    """Return an acknowledgement; `body` is what it says beside."""
    return BoltResponse(status=200, body=body or "")


def not_heard() -> BoltResponse:
    """Return what makes Slack tell of an event again, after a while."""
    return BoltResponse(status=503, body="")


def whispered(text: str) -> dict[str, Any]:
    """Return a sentence for the eyes of the person who asked."""
    return {"response_type": "ephemeral", "replace_original": False, "text": escaped(text)}


class Saying:
    """Says things after the acknowledgement. What it says matters for the moment only, so nobody writes it down."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients
        self._tasks: set[asyncio.Task[None]] = set()

    def later(self, doing: Coroutine[Any, Any, None]) -> None:
        """Do something once what comes before it is acknowledged."""
        task = asyncio.create_task(doing)
        self._tasks.add(task)
        task.add_done_callback(self._has_ended)

    async def close(self) -> None:
        """Leave unsaid what is not said yet."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _has_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        fault = None if task.cancelled() else task.exception()
        if isinstance(fault, (*FAULTS, StoreUnavailable)):
            log.warning("action=not_said fault=%s", type(fault).__name__)
        elif fault is not None:
            log.error("action=saying_failed", exc_info=fault)

    async def whisper(self, origin: Origin, user_id: str, text: str) -> None:
        """Say something to one person, where they asked."""
        token = ReplyToken.read(origin.reply_token)
        if token.address:
            webhook = AsyncWebhookClient(token.address, timeout=REQUEST_SECONDS, retry_handlers=[])
            answer = await webhook.send_dict(whispered(text))
            if answer.status_code == 200:
                return
            log.info("action=not_whispered status=%d", answer.status_code)
        place = place_of(ThreadAddress("", origin.thread))
        client = await self._clients.of(place.workspace)
        if place.channel.startswith(DIRECT):
            thread = place.thread or None
            await client.chat_postMessage(channel=place.channel, text=escaped(text), thread_ts=thread)
        else:
            thread = token.thread_in(place) or None
            await client.chat_postEphemeral(
                channel=place.channel, user=user_id, text=escaped(text), thread_ts=thread
            )

    async def open(self, place: Place, trigger_id: str, form: Form, reply_token: str) -> bool:
        """Open a form; False where Slack does not take it, or not in time.

        Raises:
            NotInstalled: The app was taken out of the workspace.
            StoreUnavailable: The token cannot be read now.
        """
        view = form.view(Origin(place.address.thread, reply_token))
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                client = await self._clients.of(place.workspace)
                await client.views_open(trigger_id=trigger_id, view=view)
        except NotInstalled:
            raise
        except SlackApiError as refusal:
            log.warning("action=form_not_opened error=%s", refusal.response.get("error"))
        except FAULTS as fault:
            log.warning("action=form_not_opened fault=%s", type(fault).__name__)
        else:
            return True
        return False
