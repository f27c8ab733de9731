"""Does Slack take the tokens, may the bot do with them what it has to, and how does Slack reach it?"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from bot.doctor.finding import Check, Finding, Status
from bot.frontend import FrontendUnavailable
from core.rules.wording import counted, listed
from core.settings import Settings

if TYPE_CHECKING:
    from bot.slack.identity import Identity

NAME = "slack"
INSTALLED = "slack workspaces"
ASKED_WORKSPACES = 50
"""Installed workspaces that Slack is asked about, one by one: enough to see a pattern, and soon done."""
NAMED_WORKSPACES = 5
"""Of those that lack something; the others are counted."""

APPS = "api.slack.com/apps"
SOCKET_FIXES = {
    "invalid_auth": "Under Basic Information, App-Level Tokens, make a token with connections:write, and put it into "
    "LIKENESS_SLACK_APP_TOKEN.",
    "missing_scope": "The token lacks connections:write. Under Basic Information, App-Level Tokens, make one with it.",
    "not_allowed_token_type": "Under Basic Information, App-Level Tokens, make a token that begins with xapp-.",
}
OTHER_SOCKET_FIX = "In the app's settings, under Socket Mode, switch Enable Socket Mode on."


async def look_at_slack(settings: Settings) -> AsyncIterator[Finding]:
    """Ask Slack about the app, where one is set up."""
    # Imported where it is wanted: Slack's libraries take a while to load.
    from bot.slack.configuration import check_settings, has_socket, is_for_many, is_on

    check_settings(settings)
    if not is_on(settings):
        sentence = "Slack is off: neither LIKENESS_SLACK_BOT_TOKEN nor LIKENESS_SLACK_CLIENT_ID is set."
        yield Finding(NAME, Status.OK, sentence)
        return
    try:
        about = _about_secret(settings) if is_for_many(settings) else _about_own_token(settings)
        async for finding in about:
            yield finding
        if has_socket(settings):
            async for finding in _about_socket(settings):
                yield finding
        else:
            yield _about_http(settings)
    except FrontendUnavailable as fault:
        fix = "See that this machine may open connections to slack.com on port 443, then ask again."
        yield Finding(NAME, Status.FAIL, str(fault), fix)
        return
    yield Finding(
        NAME,
        Status.OK,
        "Slack tells nobody which events, commands and shortcuts an app has, or whether its interactivity is on: "
        "docs/slack/manifest.yaml switches on what is needed.",
    )


async def _about_own_token(settings: Settings) -> AsyncIterator[Finding]:
    from bot.slack.identity import TokenRefused
    from bot.slack.inspection import whose_token

    if settings.slack_client_id:
        yield Finding(
            NAME,
            Status.WARN,
            "LIKENESS_SLACK_BOT_TOKEN and LIKENESS_SLACK_CLIENT_ID are both set, so only the one workspace is served.",
            "Take out the bot token to serve every workspace that installs the app, or the client id.",
        )
    try:
        found = await whose_token(settings)
    except TokenRefused as fault:
        yield Finding(
            NAME,
            Status.FAIL,
            f"Slack does not take the token in LIKENESS_SLACK_BOT_TOKEN ({fault.error}).",
            f"At {APPS}, open the app, then OAuth & Permissions; install it to the workspace, and put its Bot User "
            "OAuth Token into .env.",
        )
        return
    lacking = _lacking(found)
    if not lacking:
        yield Finding(
            NAME, Status.OK, f"The token is {found.bot_name}'s in {found.name}, with every scope it needs."
        )
    for scope, use in lacking:
        yield Finding(
            NAME,
            Status.FAIL,
            f"In {found.name} the bot lacks the scope {scope}, with which it {use}.",
            f"At {APPS}, open the app, then OAuth & Permissions; add it under Bot Token Scopes, and reinstall the app.",
        )


async def _about_secret(settings: Settings) -> AsyncIterator[Finding]:
    from bot.slack.inspection import try_secret

    error = await try_secret(settings)
    if not error:
        yield Finding(NAME, Status.OK, "Slack knows the app by its client id and secret.")
        return
    name = "LIKENESS_SLACK_CLIENT_ID" if error == "invalid_client_id" else "LIKENESS_SLACK_CLIENT_SECRET"
    fix = f"At {APPS}, open the app; Basic Information, App Credentials has both."
    yield Finding(
        NAME, Status.FAIL, f"Slack does not take {name} ({error}), so nobody can install the app.", fix
    )


def _lacking(found: Identity) -> list[tuple[str, str]]:
    from bot.slack.app_definition import SCOPES, missing_scopes

    return [(scope, SCOPES[scope]) for scope in missing_scopes(found.scopes)]


async def _about_socket(settings: Settings) -> AsyncIterator[Finding]:
    from bot.slack.inspection import try_socket

    error = await try_socket(settings)
    if not error:
        yield Finding(NAME, Status.OK, "Slack talks over Socket Mode, which needs no address of yours.")
        return
    fix = SOCKET_FIXES.get(error, OTHER_SOCKET_FIX)
    yield Finding(NAME, Status.FAIL, f"Slack opens no socket for LIKENESS_SLACK_APP_TOKEN ({error}).", fix)


def _about_http(settings: Settings) -> Finding:
    from bot.slack.app_definition import EVENTS_PATH

    address = (settings.slack_public_url.rstrip("/") or "your address") + EVENTS_PATH
    return Finding(
        NAME,
        Status.OK,
        f"Slack talks over HTTP, to {address}. Whether the signing secret is right shows with the first request: Slack "
        "says Verified beside the Request URL under Event Subscriptions.",
    )


async def look_at_workspaces(settings: Settings) -> AsyncIterator[Finding]:
    """Ask Slack about the workspaces that installed the app."""
    from bot.slack.configuration import check_settings, is_for_many

    if not is_for_many(settings):
        return
    check_settings(settings)
    from bot.slack.identity import TokenRefused
    from bot.slack.inspection import installed_rows, whose_row
    from bot.slack.sealing import Unreadable

    rows = await installed_rows()
    install = f"{settings.slack_public_url.rstrip('/')}/slack/install"
    if not rows:
        yield Finding(INSTALLED, Status.WARN, "No workspace has installed the app yet.", f"Open {install}.")
        return
    problems: list[Finding] = []
    well = 0
    for row in rows[:ASKED_WORKSPACES]:
        again = f"An admin there opens {install} once more and confirms."
        try:
            lacking = [scope for scope, _ in _lacking(await whose_row(settings, row))]
        except Unreadable:
            sentence = f"The token of {row.name} was encrypted with a key that LIKENESS_SLACK_TOKEN_KEY does not have."
            fix = f"Put that key behind the newest one, separated by a comma. Without it: {again}"
            problems.append(Finding(INSTALLED, Status.FAIL, sentence, fix))
        except TokenRefused as fault:
            sentence = f"Slack does not take the token of {row.name} any more ({fault.error})."
            problems.append(Finding(INSTALLED, Status.FAIL, sentence, again))
        except FrontendUnavailable as fault:
            fix = "See that this machine may open connections to slack.com on port 443, then ask again."
            yield Finding(INSTALLED, Status.FAIL, str(fault), fix)
            return
        else:
            well += not lacking
            if lacking:
                sentence = f"In {row.name} the bot lacks {listed(lacking)}."
                problems.append(Finding(INSTALLED, Status.FAIL, sentence, again))
    for problem in problems[:NAMED_WORKSPACES]:
        yield problem
    if len(problems) > NAMED_WORKSPACES:
        others = counted(len(problems) - NAMED_WORKSPACES, "more workspace")
        fix = "Mend those named first, then ask again."
        yield Finding(INSTALLED, Status.FAIL, f"In {others} something is wrong, too.", fix)
    if well:
        yield Finding(INSTALLED, Status.OK, f"In {counted(well, 'workspace')} the bot may do what it needs.")
    if len(rows) > ASKED_WORKSPACES:
        left = counted(len(rows) - ASKED_WORKSPACES, "more workspace")
        yield Finding(INSTALLED, Status.OK, f"Slack was not asked about {left}.")


CHECKS_OF_ROWS = (Check(INSTALLED, look_at_workspaces, needs_rows=True),)
CHECKS = (Check(NAME, look_at_slack),)
