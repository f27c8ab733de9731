"""What the bot asks of Discord: intents, scopes and permissions, each for a reason that docs/discord.md gives."""

from __future__ import annotations

import discord

SCOPES = ("bot", "applications.commands")

PERMISSIONS = {
    "view_channel": "View Channels",
    "send_messages": "Send Messages",
    "send_messages_in_threads": "Send Messages in Threads",
    "create_public_threads": "Create Public Threads",
    "create_private_threads": "Create Private Threads",
    "attach_files": "Attach Files",
    "add_reactions": "Add Reactions",
    "read_message_history": "Read Message History",
}
"""discord.py's name of each permission that is needed, and its title in Discord's own settings."""


def needed_permissions() -> discord.Permissions:
    """Return exactly what the bot needs in a server."""
    return discord.Permissions(**dict.fromkeys(PERMISSIONS, True))


def missing_permissions(has: discord.Permissions) -> list[str]:
    """Return the titles of the needed permissions that are not among these."""
    if has.administrator:
        return []
    return [title for name, title in PERMISSIONS.items() if not getattr(has, name)]


def needed_intents() -> discord.Intents:
    """Return what the gateway has to tell. None of it is privileged: nothing has to be switched on."""
    return discord.Intents(
        guilds=True, guild_messages=True, dm_messages=True, guild_reactions=True, dm_reactions=True
    )


def invite_url(application_id: int) -> str:
    """Return the address at which a server's admin adds the bot, or renews what it may do."""
    return discord.utils.oauth_url(application_id, permissions=needed_permissions(), scopes=SCOPES)
