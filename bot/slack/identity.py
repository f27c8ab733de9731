"""Whose token is this? What Slack answers to auth.test, and to nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError
from slack_sdk.web.async_client import AsyncWebClient

from bot.frontend import FrontendUnavailable
from bot.slack.app_definition import read_scopes

REFUSED = frozenset(
    {
        "account_inactive",
        "invalid_auth",
        "no_permission",
        "not_allowed_token_type",
        "not_authed",
        "token_expired",
        "token_revoked",
    }
)
"""Answers after which the same token will not work either. Source: docs.slack.dev/reference/methods/auth.test."""
NOT_A_BOT = "not_a_bot"
"""Ours: the token is a person's, or an app's."""


class TokenRefused(Exception):
    """Slack does not take this token; `error` is its own word for why."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True)
class Identity:
    """Who a bot's token speaks as."""

    workspace: str
    name: str
    """The workspace's."""
    bot_id: str
    bot_user_id: str
    bot_name: str
    scopes: frozenset[str]
    """What the token may do; empty where Slack does not say."""


async def identify(client: AsyncWebClient) -> Identity:
    """Ask Slack whose token a client has.

    Raises:
        TokenRefused: Nobody's, or not a bot's in one workspace.
        FrontendUnavailable: Slack cannot be asked now.
    """
    try:
        answer = await client.auth_test()
    except SlackApiError as fault:
        error = error_of(fault)
        if error in REFUSED:
            raise TokenRefused(error) from None
        raise FrontendUnavailable(f"Slack answers {error or 'nothing that can be read'}.") from None
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as fault:
        raise FrontendUnavailable("Slack cannot be reached from this machine.") from fault
    if not answer.get("bot_id") or not answer.get("team_id"):
        raise TokenRefused(NOT_A_BOT)
    return Identity(
        workspace=_text(answer.get("team_id")),
        name=_text(answer.get("team")),
        bot_id=_text(answer.get("bot_id")),
        bot_user_id=_text(answer.get("user_id")),
        bot_name=_text(answer.get("user")),
        scopes=read_scopes(_text(answer.headers.get("x-oauth-scopes"))),
    )


def error_of(fault: SlackApiError) -> str:
    """Return Slack's word for what is wrong; empty where it answered something else."""
    response: Any = fault.response
    return _text(response.get("error")) if hasattr(response, "get") else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
