"""What the app's page at Slack says: its scopes, events, commands, shortcuts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.fakes.slack.scopes import ALL_SCOPES, SUBSCRIPTIONS


class AppSettings:
    """The settings of the one app. They are generous until a manifest says otherwise."""

    def __init__(self) -> None:
        self.name = "Likeness"
        self.scopes: set[str] = set(ALL_SCOPES)
        """What a new installation is given."""
        self.events: set[str] = set(SUBSCRIPTIONS)
        self.commands: set[str] | None = None
        """The slash commands that there are; None is any."""
        self.shortcuts: dict[str, str] | None = None
        """Callback ids of shortcuts and their kind, `message` or `global`; None is any."""
        self.redirect_urls: list[str] = []
        """Where people may be sent after an installation."""
        self.has_home = True
        self.is_interactive = True

    def configure(self, manifest: Mapping[str, Any]) -> None:
        """Take the settings from a manifest, as `manifest.yaml` holds it; what it leaves out is off."""
        features, settings = manifest.get("features", {}), manifest.get("settings", {})
        oauth = manifest.get("oauth_config", {})
        self.name = manifest["display_information"]["name"]
        self.scopes = set(oauth.get("scopes", {}).get("bot", ()))
        self.redirect_urls = list(oauth.get("redirect_urls", ()))
        self.events = set(settings.get("event_subscriptions", {}).get("bot_events", ()))
        self.commands = {each["command"] for each in features.get("slash_commands", ())}
        self.shortcuts = {each["callback_id"]: each["type"] for each in features.get("shortcuts", ())}
        self.has_home = bool(features.get("app_home", {}).get("home_tab_enabled"))
        self.is_interactive = bool(settings.get("interactivity", {}).get("is_enabled"))
        unknown = {each for each in self.events if each not in SUBSCRIPTIONS}
        assert not unknown, f"the manifest subscribes to what is not sent here: {sorted(unknown)}"
