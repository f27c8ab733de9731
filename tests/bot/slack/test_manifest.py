"""What docs/slack tells Slack about the app, and what the code takes the app for, are one thing."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from bot.slack.app_definition import (
    COMMANDS,
    EVENTS,
    EVENTS_PATH,
    MESSAGE_SHORTCUTS,
    REDIRECT_PATH,
    SCOPES,
    UMBRELLA,
)
from bot.slack.installations import Installations
from bot.slack.installing import Installing
from core.settings import Settings
from tests.bot.slack.installed import settings_for_many
from tests.conftest import REPOSITORY
from tests.fakes.slack import FakeSlack
from tests.fakes.slack.scopes import CONVERSATION_SCOPES, EVENT_SCOPES, METHOD_SCOPES

SOCKET, HTTP = "manifest.yaml", "manifest-http.yaml"
ADDRESS = "https://likeness.example.com"

# docs.slack.dev/reference/app-manifest: the longest that Slack takes, in characters
NAME_CHARACTERS, DESCRIPTION_CHARACTERS = 35, 140
SHORTCUT_NAME_CHARACTERS, SHORTCUT_DESCRIPTION_CHARACTERS = 24, 150
COMMAND_CHARACTERS = 32


def read(name: str) -> dict[str, Any]:
    manifest = yaml.safe_load((REPOSITORY / "docs" / "slack" / name).read_text())
    assert isinstance(manifest, dict)
    return manifest


@pytest.fixture(params=[SOCKET, HTTP])
def manifest(request: pytest.FixtureRequest) -> dict[str, Any]:
    return read(request.param)


def test_scopes_and_events_are_exactly_those_of_the_code(manifest: dict[str, Any]):
    assert manifest["oauth_config"]["scopes"] == {"bot": list(SCOPES)}
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == list(EVENTS)


def test_commands_are_exactly_those_of_the_code(manifest: dict[str, Any]):
    found = manifest["features"]["slash_commands"]
    told = [(each["command"], each["description"], each.get("usage_hint", "")) for each in found]
    assert told == [(each.written(), each.description, each.usage_hint) for each in COMMANDS]
    assert all(each["should_escape"] for each in found)
    assert all(len(each["command"]) <= COMMAND_CHARACTERS for each in found)


def test_shortcuts_are_exactly_those_of_the_code(manifest: dict[str, Any]):
    found = manifest["features"]["shortcuts"]
    assert {each["callback_id"]: (each["name"], each["description"]) for each in found} == MESSAGE_SHORTCUTS
    assert {each["type"] for each in found} == {"message"}
    for each in found:
        assert len(each["name"]) <= SHORTCUT_NAME_CHARACTERS
        assert len(each["description"]) <= SHORTCUT_DESCRIPTION_CHARACTERS


def test_what_people_see_and_press_is_on(manifest: dict[str, Any]):
    features, settings = manifest["features"], manifest["settings"]
    assert features["app_home"] == {
        "home_tab_enabled": True,
        "messages_tab_enabled": True,
        "messages_tab_read_only_enabled": False,
    }
    assert settings["interactivity"]["is_enabled"]
    assert not settings["token_rotation_enabled"] and not settings["org_deploy_enabled"]
    about = manifest["display_information"]
    assert len(about["name"]) <= NAME_CHARACTERS and len(about["description"]) <= DESCRIPTION_CHARACTERS


def test_over_sockets_no_address_is_needed():
    manifest = read(SOCKET)
    assert manifest["settings"]["socket_mode_enabled"]
    assert "url" not in str(manifest) and "example.com" not in str(manifest)


def test_over_http_everything_comes_to_the_paths_that_are_served(settings: Settings, fake_slack: FakeSlack):
    manifest = read(HTTP)
    assert not manifest["settings"]["socket_mode_enabled"]
    addresses = {each["url"] for each in manifest["features"]["slash_commands"]}
    addresses.add(manifest["settings"]["event_subscriptions"]["request_url"])
    interactivity = manifest["settings"]["interactivity"]
    addresses |= {interactivity["request_url"], interactivity["message_menu_options_url"]}
    assert addresses == {ADDRESS + EVENTS_PATH}
    [redirect] = manifest["oauth_config"]["redirect_urls"]
    assert redirect == ADDRESS + REDIRECT_PATH
    own = settings_for_many(settings, fake_slack, slack_public_url=ADDRESS)
    served = {route.path for route in Installing(own, Installations(own)).routes()}
    assert redirect.removeprefix(ADDRESS) in served


def test_slack_takes_it(manifest: dict[str, Any], fake_slack: FakeSlack):
    """The fake reads it as Slack does, and knows every event in it."""
    fake_slack.app.configure(manifest)
    installed = fake_slack.install(fake_slack.add_workspace("North"))
    assert installed.scopes == set(SCOPES)


def test_every_event_has_the_scope_that_slack_asks_for():
    for event, scopes in EVENTS.items():
        kind, _, prefix = event.partition(".")
        needed = EVENT_SCOPES[kind].format(prefix=prefix)
        assert scopes == ((needed,) if needed else ())
        assert set(scopes) <= SCOPES.keys()


def test_everything_that_the_code_asks_of_slack_is_allowed():
    """Each method of the Web API that is called anywhere in bot/slack has its scope, for one kind of place at least."""
    source = "\n".join(path.read_text() for path in sorted((REPOSITORY / "bot" / "slack").glob("*.py")))
    called = set(re.findall(r"\.([a-z]+(?:_[a-zA-Z0-9]+)+)\(", source))
    for method, scope in METHOD_SCOPES.items():
        if method.replace(".", "_") in called or f'"{method}"' in source:
            assert scope in SCOPES, method
    kinds = {"history": ("channels", "groups", "im"), "read": ("channels", "groups")}
    for method, what in CONVERSATION_SCOPES.items():
        if method.replace(".", "_") in called or f'"{method}"' in source:
            assert {f"{prefix}:{what}" for prefix in kinds[what]} <= SCOPES.keys(), method


def test_a_prefix_changes_every_command_but_the_one_that_gets_around_it():
    assert [each.written("studio-") for each in COMMANDS][:2] == ["/studio-train", "/studio-edit"]
    assert COMMANDS[-1].written("studio-") == f"/{UMBRELLA}"


def test_the_guide_gives_a_reason_for_every_scope():
    guide = (REPOSITORY / "docs" / "slack.md").read_text()
    for scope, use in SCOPES.items():
        assert f"| `{scope}` | {use} |" in guide
    for name in (SOCKET, HTTP):
        assert f"(slack/{name})" in guide
