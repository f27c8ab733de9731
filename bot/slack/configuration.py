"""What the settings say about Slack, and whether they can work together."""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.slack.app_definition import REDIRECT_PATH
from bot.slack.sealing import Seal
from core.errors import ConfigurationError
from core.settings import Settings

OWN_MACHINE = frozenset({"127.0.0.1", "localhost", "::1"})
"""Hosts that browsers trust without TLS, for trying things out."""
AUTHORIZE_ADDRESS = "https://slack.com/oauth/v2/authorize"  # docs.slack.dev, Installing with OAuth


def is_on(settings: Settings) -> bool:
    """Tell whether the bot is to be on Slack."""
    return bool(settings.slack_bot_token.get_secret_value() or settings.slack_client_id)


def is_for_many(settings: Settings) -> bool:
    """Tell whether workspaces install the app by OAuth; a bot token of the settings serves its one workspace."""
    return bool(settings.slack_client_id) and not settings.slack_bot_token.get_secret_value()


def check_settings(settings: Settings) -> None:
    """Hold the settings against each other.

    Raises:
        ConfigurationError: They cannot work; the message says which, and what to do.
    """
    _check_tokens(settings)
    if not is_on(settings):
        return
    if is_for_many(settings):
        _check_oauth(settings)
    if not has_socket(settings) and not settings.slack_signing_secret.get_secret_value():
        raise ConfigurationError(
            "Slack has no way to reach the bot: set LIKENESS_SLACK_APP_TOKEN for Socket Mode, or "
            "LIKENESS_SLACK_SIGNING_SECRET for requests over HTTP."
        )


def has_socket(settings: Settings) -> bool:
    """Tell whether Slack talks over Socket Mode."""
    return bool(settings.slack_app_token.get_secret_value())


def command_prefix(settings: Settings) -> str:
    """Return what the commands of this installation begin with, without the slash."""
    return settings.slack_command_prefix.removeprefix("/")


def redirect_address(settings: Settings) -> str:
    """Return where Slack sends a browser back to; the app's settings must list it."""
    return settings.slack_public_url.rstrip("/") + REDIRECT_PATH


def authorize_address(settings: Settings) -> str:
    """Return Slack's page that asks a person to allow the app; beside the Web API where that is a test's."""
    if not settings.slack_api_base:
        return AUTHORIZE_ADDRESS
    return settings.slack_api_base.rstrip("/").removesuffix("/api") + urlsplit(AUTHORIZE_ADDRESS).path


def _check_tokens(settings: Settings) -> None:
    bot_token = settings.slack_bot_token.get_secret_value()
    if bot_token and not bot_token.startswith("xoxb-"):
        raise ConfigurationError(
            "LIKENESS_SLACK_BOT_TOKEN is not a bot's token, which begins with xoxb-: copy Bot User OAuth Token from "
            "OAuth & Permissions in the app's settings."
        )
    app_token = settings.slack_app_token.get_secret_value()
    if app_token and not app_token.startswith("xapp-"):
        raise ConfigurationError(
            "LIKENESS_SLACK_APP_TOKEN is not an app's token, which begins with xapp-: make one under Basic "
            "Information, App-Level Tokens, with connections:write."
        )
    if app_token and not is_on(settings):
        raise ConfigurationError(
            "LIKENESS_SLACK_APP_TOKEN alone reaches no workspace: set LIKENESS_SLACK_BOT_TOKEN, or "
            "LIKENESS_SLACK_CLIENT_ID and LIKENESS_SLACK_CLIENT_SECRET, as well."
        )


def _check_oauth(settings: Settings) -> None:
    if not settings.slack_client_secret.get_secret_value():
        raise ConfigurationError(
            "LIKENESS_SLACK_CLIENT_SECRET is empty: copy it from Basic Information in the app's settings, or set "
            "LIKENESS_SLACK_BOT_TOKEN for one workspace."
        )
    Seal(settings.slack_token_key.get_secret_value())
    address = urlsplit(settings.slack_public_url)
    if not address.hostname or not (address.scheme == "https" or address.hostname in OWN_MACHINE):
        raise ConfigurationError(
            "LIKENESS_SLACK_PUBLIC_URL has to begin with https://: it is where browsers come to install the app, such "
            "as https://likeness.example.com."
        )
