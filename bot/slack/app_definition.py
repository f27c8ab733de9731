"""What the app is at Slack: its scopes, events, commands and shortcuts.

The manifests in docs/slack say the same to Slack, and a test holds them against this. The doctor and the
installation by OAuth ask for exactly these.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

SCOPES: dict[str, str] = {
    "app_mentions:read": "hears who mentions it",
    "channels:history": "takes photos from threads of public channels, and finds its own messages there",
    "channels:read": "knows who is in a public channel whose members may train or decide",
    "chat:write": "posts cards and pictures, and keeps them up to date",
    "commands": "has slash commands and shortcuts",
    "files:read": "reads the photos that people attach",
    "files:write": "posts pictures",
    "groups:history": "takes photos from threads of private channels, and finds its own messages there",
    "groups:read": "knows who is in a private channel whose members may train or decide",
    "im:history": "takes photos from direct messages, and finds its own messages there",
    "im:write": "opens a direct conversation for a private thread, and where it may not post",
    "reactions:read": "counts reactions on flagged photos",
    "reactions:write": "offers the reactions that decide about flagged photos",
    "usergroups:read": "knows who is in a user group that may train or decide",
    "users:read": "knows who is an admin, and finds a model where Slack made its name a mention of somebody",
}
"""The bot's scopes, and what it does with each. Source: docs.slack.dev/reference/scopes."""

APP_TOKEN_SCOPE = "connections:write"
"""What the app's own token (xapp-…) needs for Socket Mode."""

EVENTS: dict[str, tuple[str, ...]] = {
    "app_home_opened": (),
    "app_mention": ("app_mentions:read",),
    "app_uninstalled": (),
    "message.channels": ("channels:history",),
    "message.groups": ("groups:history",),
    "message.im": ("im:history",),
    "reaction_added": ("reactions:read",),
    "reaction_removed": ("reactions:read",),
    "tokens_revoked": (),
}
"""The events that Slack tells, each with the scopes that it asks for. Source: docs.slack.dev/reference/events."""


@dataclass(frozen=True)
class Command:
    """A slash command, without the prefix of an installation."""

    name: str
    description: str
    usage_hint: str = ""

    def written(self, prefix: str = "") -> str:
        """Return it as people type it. `/likeness` never has a prefix: it is the way around collisions."""
        return f"/{self.name}" if self.name == UMBRELLA else f"/{prefix}{self.name}"


UMBRELLA = "likeness"
"""The command that takes every verb: `/likeness imagine …`."""

COMMANDS = (
    Command("train", "Train a product, character or style from photos"),
    Command("edit", "Change a model: its photos, captions or options", "@name"),
    Command("delete", "Delete a model for good", "@name"),
    Command("imagine", "Make pictures of what was trained", "@name on a beach"),
    Command("models", "Show the models of this workspace"),
    Command("jobs", "Show what is running and what waits"),
    Command("credits", "Show the credits that are left"),
    Command("settings", "Show who may do what; admins change it"),
    Command(UMBRELLA, "Every command in one, where a short name is taken", "imagine @name on a beach"),
)

MESSAGE_SHORTCUTS: dict[str, tuple[str, str]] = {
    "train_from_photos": ("Train from these photos", "Train a new model from this message's photos"),
    "add_to_model": ("Add to a model", "Add this message's photos to a model"),
}
"""Shortcuts in a message's menu: by callback id, the name and the description."""

EVENTS_PATH = "/slack/events"
INSTALL_PATH = "/slack/install"
REDIRECT_PATH = "/slack/oauth_redirect"


def missing_scopes(granted: Collection[str]) -> list[str]:
    """Return the scopes that a token lacks, in their order."""
    return [scope for scope in SCOPES if scope not in granted]


def read_scopes(written: str) -> frozenset[str]:
    """Read scopes as Slack writes them: separated by commas."""
    return frozenset(scope.strip() for scope in written.split(",") if scope.strip())
