"""The bot's own account, users, servers, and where the gateway is."""

from __future__ import annotations

from tests.fakes.discord.calls import Call, Reply, route
from tests.fakes.discord.errors import cannot_send_to_user, unknown_member, unknown_user
from tests.fakes.discord.payloads import (
    Payload,
    channel_payload,
    guild_payload,
    member_payload,
    own_guild_payload,
    own_user_payload,
    user_payload,
)

MAX_SESSIONS_A_DAY = 1000  # discord-api-docs, Gateway, Session Start Limit
DEFAULT_PAGE = 200  # discord-api-docs, Get Current User Guilds
MAX_CONCURRENCY = 1  # the same: how many shards may begin within five seconds


@route("GET", "/users/@me")
def own_user(call: Call) -> Reply:
    """Return the bot's user."""
    return Reply(body=own_user_payload(call.bot))


@route("GET", "/users/{user_id}")
def other_user(call: Call) -> Reply:
    """Return anybody's user."""
    user = call.fake.world.users.get(int(call.values["user_id"]))
    if user is None:
        raise unknown_user()
    return Reply(body=user_payload(user))


@route("GET", "/applications/@me")
def application(call: Call) -> Reply:
    """Return the application that the bot belongs to."""
    return Reply(body=_application(call))


@route("GET", "/oauth2/applications/@me")
def application_by_token(call: Call) -> Reply:
    """Return the same."""
    return Reply(body=_application(call))


def _application(call: Call) -> Payload:
    owner = next(iter(call.fake.world.guilds.values())).owner_id
    return {
        "id": str(call.fake.application_id),
        "name": call.bot.name,
        "icon": None,
        "description": "",
        "type": None,
        "bot": user_payload(call.bot),
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": user_payload(call.fake.world.users[owner]),
        "approximate_guild_count": len(call.fake.world.guilds_of_bot()),
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
    }


@route("GET", "/gateway")
def gateway(call: Call) -> Reply:
    """Return where to connect."""
    return Reply(body={"url": call.fake.gateway_address})


@route("GET", "/gateway/bot")
def gateway_for_bots(call: Call) -> Reply:
    """Return where to connect, with how many shards, and how often a day."""
    limit = {
        "total": MAX_SESSIONS_A_DAY,
        "remaining": MAX_SESSIONS_A_DAY - call.fake.gateway.identified,
        "reset_after": 86_400_000,
        "max_concurrency": MAX_CONCURRENCY,
    }
    body = {"url": call.fake.gateway_address, "shards": call.fake.shard_count, "session_start_limit": limit}
    return Reply(body=body)


@route("POST", "/users/@me/channels")
def open_conversation(call: Call) -> Reply:
    """Open the direct conversation with somebody."""
    user = call.fake.world.users.get(int(call.body.get("recipient_id") or 0))
    if user is None:
        raise unknown_user()
    if user.is_bot:
        raise cannot_send_to_user()
    return Reply(body=channel_payload(call.fake.conversation_with(user), call.bot))


@route("GET", "/users/@me/guilds")
def own_guilds(call: Call) -> Reply:
    """Return the servers that the bot is in, with what it may do in each."""
    guilds = sorted(call.fake.world.guilds_of_bot(), key=lambda guild: guild.id)
    if "after" in call.query:
        guilds = [guild for guild in guilds if guild.id > int(call.query["after"])]
    if "before" in call.query:
        guilds = [guild for guild in guilds if guild.id < int(call.query["before"])]
    limit = int(call.query.get("limit", DEFAULT_PAGE))
    return Reply(body=[own_guild_payload(guild, call.bot) for guild in guilds[:limit]])


@route("GET", "/guilds/{guild_id}")
def guild(call: Call) -> Reply:
    """Return a server."""
    return Reply(body=guild_payload(call.guild()))


@route("GET", "/guilds/{guild_id}/channels")
def guild_channels(call: Call) -> Reply:
    """Return a server's channels, without its threads."""
    channels = [each for each in call.guild().channels.values() if not each.is_thread]
    return Reply(body=[channel_payload(each) for each in channels])


@route("GET", "/guilds/{guild_id}/members/{user_id}")
def guild_member(call: Call) -> Reply:
    """Return a member."""
    member = call.guild().members.get(int(call.values["user_id"]))
    if member is None:
        raise unknown_member()
    return Reply(body=member_payload(member))
