"""Who asks, where, and what they may: from Discord's objects to a `Requester`."""

from __future__ import annotations

from collections.abc import Iterable

import discord

from bot.discord.addresses import DIRECT_PREFIX, PLATFORM, ReplyToken, TokenKind, thread_address
from bot.discord.plans import Grants
from bot.requests import Requester, ThreadAddress


def asking(interaction: discord.Interaction, grants: Grants) -> Requester | None:
    """Return who is behind an interaction; None where it came from a kind of channel that nobody knows."""
    thread = address_of(interaction.channel)
    if thread is None:
        return None
    is_pressed = (
        interaction.message is not None
        and interaction.type is not discord.InteractionType.application_command
    )
    kind = TokenKind.PRESS if is_pressed else TokenKind.SLASH
    return _requester(
        interaction.user,
        interaction.guild_id,
        thread,
        grants,
        is_admin=interaction.permissions.manage_guild,
        skus=_skus(interaction),
        reply_token=ReplyToken(kind, interaction.id, interaction.token).written(),
    )


def writing(message: discord.Message, thread: ThreadAddress, grants: Grants) -> Requester:
    """Return who wrote a message."""
    guild_id = message.guild.id if message.guild else None
    return _requester(message.author, guild_id, thread, grants, is_admin=_is_admin(message.author))


def reacting(
    user_id: int, member: discord.Member | None, guild_id: int | None, thread: ThreadAddress, grants: Grants
) -> Requester:
    """Return who put a reaction on a message, or took it off."""
    if member is not None:
        return _requester(member, guild_id, thread, grants, is_admin=_is_admin(member))
    workspace = str(guild_id) if guild_id else f"{DIRECT_PREFIX}{user_id}"
    return Requester(PLATFORM, workspace, str(user_id), "", thread, is_admin=guild_id is None)


def address_of(channel: object) -> ThreadAddress | None:
    """Return the address of a channel, a thread or a conversation."""
    if isinstance(channel, discord.Thread):
        return thread_address(channel.id, channel.parent_id)
    channel_id = getattr(channel, "id", None)
    return None if channel_id is None else thread_address(channel_id)


def _requester(
    user: discord.User | discord.Member,
    guild_id: int | None,
    thread: ThreadAddress,
    grants: Grants,
    *,
    is_admin: bool,
    skus: Iterable[int] = (),
    reply_token: str = "",
) -> Requester:
    roles = [role.id for role in user.roles] if isinstance(user, discord.Member) else []
    return Requester(
        PLATFORM,
        str(guild_id) if guild_id else f"{DIRECT_PREFIX}{user.id}",
        str(user.id),
        user.display_name,
        thread,
        # In direct messages the workspace is that one person's.
        is_admin=is_admin or guild_id is None,
        roles=tuple(str(role) for role in roles),
        reply_token=reply_token,
        plan=grants.plan_of(roles, skus),
    )


def _is_admin(user: discord.User | discord.Member) -> bool:
    return isinstance(user, discord.Member) and user.guild_permissions.manage_guild


def _skus(interaction: discord.Interaction) -> list[int]:
    return [each.sku_id for each in interaction.entitlements if not each.deleted and not each.is_expired()]
