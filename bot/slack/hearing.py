"""Whatever Slack tells us, by socket or by HTTP: read, written down (one insert), acknowledged, in this order.

Nothing is registered for buttons and forms: each carries what it is about, so that all work however old they are.
Where the store is away, a person who waits is told so; an event that nobody waits for is left unacknowledged, and
Slack tells of it again. The front-end's error boundary: a bug costs one answer, and never the connection.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, cast

from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse

from bot.frontend import Accept, FrontendUnavailable
from bot.slack.addresses import Place
from bot.slack.asked import Asked, Sentence
from bot.slack.clients import Clients, NotInstalled
from bot.slack.commanding import Commands
from bot.slack.conversing import Conversing, place_of_message
from bot.slack.form_limits import LAST_RETRY, LOOK_UP_SECONDS
from bot.slack.forms import Form
from bot.slack.home import Home
from bot.slack.origin import Origin
from bot.slack.payloads import (
    Payload,
    complaint,
    kept_in,
    own_id,
    place_in,
    place_of_press,
    request_key,
    retry_number,
    token_of,
    token_of_message,
    workspace_of,
)
from bot.slack.people import FAULTS
from bot.slack.saying import Saying, acknowledged, not_heard, whispered
from core.errors import StoreUnavailable

log = logging.getLogger(__name__)

HOME_PAUSE_SECONDS = 2.0
"""How long after a button on the Home tab the page is shown anew: what it started needs a moment."""
STORE_IS_AWAY = "I cannot write anything down right now, so this was not done. Try again in a minute."
SOMETHING_BROKE = "Something went wrong on my side, and nothing was charged. Try once more."
FORM_NOT_OPENED = "Slack closed the door before my form came up. Nothing is lost: try once more."
NOT_INSTALLED = "I am not installed in this workspace any more. An admin can add me again."

OnGone = Callable[[str], Awaitable[None]]
"""Called with a workspace that the app was taken out of."""


class Hearing:
    """Hears everything, and answers with an acknowledgement."""

    def __init__(
        self,
        clients: Clients,
        commands: Commands,
        conversing: Conversing,
        home: Home,
        saying: Saying,
        accept: Accept,
        on_gone: OnGone,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clients = clients
        self._commands = commands
        self._conversing = conversing
        self._home = home
        self._saying = saying
        self._accept = accept
        self._on_gone = on_gone
        self._wait = wait

    async def hear(self, req: AsyncBoltRequest) -> BoltResponse:
        """Answer one request of Slack's, whose signature has been checked."""
        body = cast(Payload, req.body)
        kind = str(body.get("type") or ("command" if "command" in body else ""))
        workspace = workspace_of(req)
        if not workspace:
            return acknowledged()
        try:
            match kind:
                case "event_callback":
                    return await self._event(workspace, body, retry_number(req))
                case "command":
                    return await self._command(workspace, body)
                case "message_action":
                    return await self._shortcut(workspace, body)
                case "block_actions":
                    return await self._press(workspace, body)
                case "view_submission":
                    return await self._submission(workspace, body)
                case "block_suggestion":
                    return await self._suggestion(workspace, body)
                case _:  # a form that was closed, and whatever else: nothing was begun, so nothing is lost
                    return acknowledged()
        except Exception:
            # What this request says is left out of the log: it may be a prompt.
            log.exception("action=event_failed kind=%s", kind)
            if kind == "event_callback":
                return not_heard()  # Slack tells of it again three times: what passes does no harm
            if kind == "command":
                return acknowledged(whispered(SOMETHING_BROKE))
            return acknowledged({"options": []} if kind == "block_suggestion" else None)

    # What somebody waits for

    async def _command(self, workspace: str, body: Payload) -> BoltResponse:
        place = Place(workspace, str(body["channel_id"]))
        origin = Origin(place.address.thread, str(body.get("response_url") or ""))
        key = request_key("command", body["trigger_id"])
        text = await self._do(self._commands.command(place, body), key, body, place, origin)
        return acknowledged(whispered(text) if text else None)

    async def _shortcut(self, workspace: str, body: Payload) -> BoltResponse:
        message = cast(Payload, body.get("message") or {})
        channel = str(body["channel"]["id"])
        thread = str(message.get("thread_ts") or body["message_ts"])
        place = Place(workspace, channel, thread)
        origin = Origin(place.address.thread, token_of(body))
        key = request_key("shortcut", body["trigger_id"])
        text = await self._do(self._commands.shortcut(place, body), key, body, place, origin)
        return self._whispering(body, origin, text)

    async def _press(self, workspace: str, body: Payload) -> BoltResponse:
        view = cast(Payload | None, body.get("view"))
        if view is not None:
            origin = Origin.read(kept_in(view))
            if origin is None or view.get("type") != "home":
                return acknowledged()
            place = place_in(origin, workspace)
            self._saying.later(self._show_home_again(place, str(body["user"]["id"]), origin))
        else:
            place = place_of_press(workspace, body)
            origin = Origin(place.address.thread, token_of(body))
        key = request_key("press", body["trigger_id"])
        reading = self._commands.press(place, body, origin.reply_token)
        return self._whispering(body, origin, await self._do(reading, key, body, place, origin))

    async def _submission(self, workspace: str, body: Payload) -> BoltResponse:
        view = cast(Payload, body["view"])
        try:
            asked = await self._commands.submission(workspace, body)
            if isinstance(asked, Sentence):
                return complaint(view, asked.text, asked.field)
            assert not isinstance(asked, Form), "a form does not open another"
            # By the form, not by its trigger: whoever sends it twice means one thing.
            await self._accept(asked, f"view:{view['id']}")
        except StoreUnavailable:
            log.warning("action=request_not_written")
            return complaint(view, STORE_IS_AWAY)
        except Exception:
            log.exception("action=form_failed")
            return complaint(view, SOMETHING_BROKE)
        return acknowledged()

    async def _suggestion(self, workspace: str, body: Payload) -> BoltResponse:
        options: list[dict[str, Any]] = []
        with suppress(StoreUnavailable):  # nothing is better than late or wrong
            field, typed = str(body.get("action_id") or ""), str(body.get("value") or "")
            options = await self._commands.suggestions(workspace, field, typed)
        return acknowledged({"options": options})

    async def _do(
        self, reading: Awaitable[Asked | None], key: str, body: Payload, place: Place, origin: Origin
    ) -> str:
        """Read, then write down or open; return the sentence that there is to say, or nothing."""
        try:
            asked = await reading
            if asked is None:
                return ""
            if isinstance(asked, Sentence):
                return asked.text
            if isinstance(asked, Form):
                trigger = str(body["trigger_id"])
                is_open = await self._saying.open(place, trigger, asked, origin.reply_token)
                return "" if is_open else FORM_NOT_OPENED
            await self._check_installed(place.workspace)
            await self._accept(asked, key)
        except StoreUnavailable:
            log.warning("action=request_not_written")
            return STORE_IS_AWAY
        except NotInstalled:
            return NOT_INSTALLED
        except Exception:
            log.exception("action=request_failed")
            return SOMETHING_BROKE
        return ""

    async def _check_installed(self, workspace: str) -> None:
        """Find out whether there will be an answer; where that cannot be known now, it is written down all the same.

        Raises:
            NotInstalled: There will be none.
            StoreUnavailable: It cannot be read now.
        """
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                await self._clients.of(workspace)
        except NotInstalled:
            raise
        except (FrontendUnavailable, TimeoutError) as fault:
            log.info("action=token_not_known fault=%s", type(fault).__name__)

    def _whispering(self, body: Payload, origin: Origin, text: str) -> BoltResponse:
        if text:
            self._saying.later(self._saying.whisper(origin, str(body["user"]["id"]), text))
        return acknowledged()

    # What happens

    async def _event(self, workspace: str, body: Payload, retry: int) -> BoltResponse:
        event = cast(Payload, body.get("event") or {})
        own = own_id(body)
        try:
            match event.get("type"):
                case "app_mention" | "message":
                    await self._message(workspace, event, own)
                case "reaction_added" | "reaction_removed":
                    async with self._conversing.lock(event):
                        reaction = await self._conversing.reaction(workspace, event, own)
                        if reaction is not None:
                            await self._accept(reaction, f"event:{body['event_id']}")
                case "app_home_opened" if event.get("tab", "home") == "home":
                    origin = Origin(Place(workspace, str(event["channel"])).address.thread)
                    self._saying.later(self._show_home(workspace, str(event["user"]), origin))
                case "app_uninstalled":
                    await self._on_gone(workspace)
                case "tokens_revoked" if (event.get("tokens") or {}).get("bot"):
                    await self._on_gone(workspace)
                case _:
                    pass
        except StoreUnavailable:
            log.warning("action=event_not_written event=%s retry=%d", event.get("type"), retry)
            if retry < LAST_RETRY:
                return not_heard()
            if event.get("type") in ("app_mention", "message"):
                self._whisper_under(workspace, event, STORE_IS_AWAY)
        return acknowledged()

    async def _message(self, workspace: str, event: Payload, own: str) -> None:
        asked = await self._conversing.message(workspace, event, own)
        if isinstance(asked, Sentence):
            self._whisper_under(workspace, event, asked.text)
        elif asked is not None and not isinstance(asked, Form):
            # One message is told of by several events, each with an id of its own.
            await self._accept(asked, f"message:{workspace}:{event['channel']}:{event['ts']}")

    def _whisper_under(self, workspace: str, event: Payload, text: str) -> None:
        origin = Origin(place_of_message(workspace, event).address.thread, token_of_message(event))
        self._saying.later(self._saying.whisper(origin, str(event["user"]), text))

    async def _show_home(self, workspace: str, user_id: str, origin: Origin) -> None:
        try:
            await self._home.show(workspace, user_id, origin)
        except StoreUnavailable:
            with suppress(StoreUnavailable, *FAULTS):
                await self._home.say_store_is_away(workspace, user_id, origin)

    async def _show_home_again(self, place: Place, user_id: str, origin: Origin) -> None:
        await self._wait(HOME_PAUSE_SECONDS)
        await self._show_home(place.workspace, user_id, origin)
