"""A bot made of nothing but slack-bolt, which acknowledges the same things at once and then does nothing.

Run as a process of its own, with the variables that Likeness itself is given. Only what `/train` asks for it does,
after the acknowledgement: without a form there would be none to send.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
from typing import Any

from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

ANYTHING = re.compile(".*")


def field(name: str, label: str, element: dict[str, Any]) -> dict[str, Any]:
    """Return a field of the form."""
    about = {"type": "plain_text", "text": label}
    return {"type": "input", "block_id": name, "label": about, "element": {**element, "action_id": name}}


TRAIN_FORM = {
    "type": "modal",
    "callback_id": "train",
    "title": {"type": "plain_text", "text": "Train"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        field("name", "Name", {"type": "plain_text_input"}),
        field("class", "What is it?", {"type": "plain_text_input"}),
        field("photos", "Photos", {"type": "file_input", "max_files": 4}),
    ],
}
"""The fields that are filled in in Likeness' own form."""


async def acknowledge(ack: AsyncAck) -> None:
    """Acknowledge, and do nothing."""
    await ack()


async def open_form(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
    """Acknowledge, then open a form."""
    await ack()
    await client.views_open(trigger_id=body["trigger_id"], view=TRAIN_FORM)


async def suggest(ack: AsyncAck, body: dict[str, Any]) -> None:
    """Suggest what was typed."""
    await ack(options=[{"text": {"type": "plain_text", "text": body["value"]}, "value": body["value"]}])


def make_app() -> AsyncApp:
    """Return the app, in the one workspace that its token is for."""
    quiet = logging.getLogger("peer")
    quiet.setLevel(logging.CRITICAL)
    token, base = os.environ["LIKENESS_SLACK_BOT_TOKEN"], os.environ["LIKENESS_SLACK_API_BASE"]
    app = AsyncApp(
        logger=quiet,
        client=AsyncWebClient(token=token, base_url=base),
        signing_secret=os.environ.get("LIKENESS_SLACK_SIGNING_SECRET", ""),
    )
    for name in ("imagine", "models", "jobs", "credits"):
        app.command(f"/{name}")(acknowledge)
    app.command("/train")(open_form)
    app.action(ANYTHING)(acknowledge)
    app.view(ANYTHING)(acknowledge)
    app.options(ANYTHING)(suggest)
    app.event(ANYTHING)(acknowledge)
    return app


async def listen_over_a_socket(app_token: str) -> None:
    """Serve over Socket Mode until terminated."""
    handler: Any = AsyncSocketModeHandler(make_app(), app_token)
    await handler.start_async()


def main() -> None:
    """Serve until terminated."""
    app_token = os.environ.get("LIKENESS_SLACK_APP_TOKEN", "")
    if app_token:
        asyncio.run(listen_over_a_socket(app_token))
        return
    host, _, port = os.environ["LIKENESS_SLACK_LISTEN"].rpartition(":")
    make_app().start(int(port), host=host)


if __name__ == "__main__":
    main()
