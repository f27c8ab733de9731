"""What Slack says about the app when it is asked without serving: whose tokens these are, and what they may do."""

from __future__ import annotations

from collections.abc import Awaitable

import aiohttp
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.frontend import FrontendUnavailable
from bot.slack.addresses import PLATFORM
from bot.slack.clients import make_client
from bot.slack.identity import Identity, error_of, identify
from bot.slack.sealing import Seal
from core.settings import Settings
from core.store.records import InstallationRecord

WELL = ""
"""What is said about something that works."""
NOBODYS_CODE = "0.0"


async def whose_token(settings: Settings) -> Identity:
    """Ask Slack about the bot token of the settings.

    Raises:
        TokenRefused: Slack does not take it.
        FrontendUnavailable: Slack cannot be asked now.
    """
    return await identify(make_client(settings.slack_bot_token.get_secret_value(), settings.slack_api_base))


async def try_socket(settings: Settings) -> str:
    """Ask Slack for an address for Socket Mode, and leave it unused.

    Returns:
        Slack's word for why there is none, or `WELL`.

    Raises:
        FrontendUnavailable: Slack cannot be asked now.
    """
    app_token = settings.slack_app_token.get_secret_value()
    return await _error_of(
        make_client(None, settings.slack_api_base).apps_connections_open(app_token=app_token)
    )


async def try_secret(settings: Settings) -> str:
    """Offer Slack a code that nobody has, to hear whether it knows the app's id and secret.

    Returns:
        Slack's word for what is wrong with them, or `WELL`.

    Raises:
        FrontendUnavailable: Slack cannot be asked now.
    """
    error = await _error_of(
        make_client(None, settings.slack_api_base).oauth_v2_access(
            client_id=settings.slack_client_id,
            client_secret=settings.slack_client_secret.get_secret_value(),
            code=NOBODYS_CODE,
        )
    )
    return error if error in ("bad_client_secret", "invalid_client_id") else WELL


async def _error_of(asked: Awaitable[object]) -> str:
    try:
        await asked
    except SlackApiError as fault:
        error = error_of(fault)
        if not error or error in ("ratelimited", "internal_error"):
            raise FrontendUnavailable(f"Slack answers {error or 'nothing that can be read'}.") from None
        return error
    except (SlackClientError, aiohttp.ClientError, OSError, TimeoutError) as fault:
        raise FrontendUnavailable("Slack cannot be reached from this machine.") from fault
    return WELL


async def installed_rows() -> list[InstallationRecord]:
    """Return the workspaces that installed the app, the oldest first."""
    rows = InstallationRecord.filter(platform=PLATFORM, removed_at=None).exclude(token="")
    return await rows.order_by("installed_at")


async def whose_row(settings: Settings, row: InstallationRecord) -> Identity:
    """Ask Slack about the token of a workspace.

    Raises:
        Unreadable: No key of the settings opens it.
        TokenRefused: Slack does not take it.
        FrontendUnavailable: Slack cannot be asked now.
    """
    token = Seal(settings.slack_token_key.get_secret_value()).open(row.external_id, row.token)
    return await identify(make_client(token, settings.slack_api_base))
