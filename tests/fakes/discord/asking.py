"""From what a person does in the client to the interaction that the bot is told of.

Source: discord-api-docs, Receiving and Responding; Application Commands.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tests.fakes.discord.interactions import Asked, Interaction
from tests.fakes.discord.message_payloads import file_payload, message_payload
from tests.fakes.discord.messages import File, Message
from tests.fakes.discord.payloads import (
    Payload,
    interaction_channel,
    member_payload,
    role_payload,
    user_payload,
)
from tests.fakes.discord.permissions import EVERYTHING, bits, permissions_in, permissions_in_guild
from tests.fakes.discord.posting import store_upload
from tests.fakes.discord.rules_commands import SUBCOMMAND, SUBCOMMAND_GROUP
from tests.fakes.discord.rules_messages import MAX_FILE_BYTES
from tests.fakes.discord.state import Channel, Guild, Role, User

if TYPE_CHECKING:
    from tests.fakes.discord.fake import FakeDiscord

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, ATTACHMENT = range(3, 12)
"""The types of option that hold a value: discord-api-docs, Application Command Option Type."""


GUILD_INSTALL, USER_INSTALL = 0, 1
"""Where an application was installed: discord-api-docs, Application, Application Integration Types."""
USER_INSTALL_MAY = ("attach_files", "embed_links", "mention_everyone", "use_external_emojis")
"""What an application may do in an answer where it is no member."""
IN_GUILD, IN_DIRECT_CHANNEL = 0, 1
"""Where an interaction happens: discord-api-docs, Receiving and Responding, Interaction Context Types."""


def is_user_install(fake: FakeDiscord, channel: Channel) -> bool:
    """Tell whether the bot is there only because the person brought it along."""
    return channel.guild is not None and fake.bot.id not in channel.guild.members


def find_command(fake: FakeDiscord, user: User, channel: Channel, name: str, kind: int) -> dict[str, Any]:
    """Return the registered command that the client offers under this name."""
    scopes = [None] if channel.guild is None else [channel.guild.id, None]
    offered = [
        command
        for scope in scopes
        for command in fake.registered_commands(scope)
        if command["type"] == kind and _is_offered(fake, command, user, channel)
    ]
    for command in offered:
        if command["name"] == (name.split()[0] if kind == 1 else name):
            return command
    raise AssertionError(f"{user.name} is offered no {name!r}, only: {[each['name'] for each in offered]}")


def _is_offered(fake: FakeDiscord, command: dict[str, Any], user: User, channel: Channel) -> bool:
    contexts = command.get("contexts")
    here = IN_DIRECT_CHANNEL if channel.guild is None else IN_GUILD
    if contexts is not None and here not in contexts:
        return False
    if (USER_INSTALL if is_user_install(fake, channel) else GUILD_INSTALL) not in command[
        "integration_types"
    ]:
        return False
    needed = command["default_member_permissions"]
    if needed is None or channel.guild is None:
        return True
    has = permissions_in_guild(user, channel.guild)
    return has == EVERYTHING or (int(needed) != 0 and has & int(needed) == int(needed))


def command_data(
    fake: FakeDiscord,
    user: User,
    channel: Channel,
    command: dict[str, Any],
    words: str,
    options: dict[str, Any],
    *,
    focused: str | None = None,
) -> Payload:
    """Return the `data` of a command, its options checked as the client checks them."""
    resolved: dict[str, dict[str, Any]] = {}
    holders: list[dict[str, Any]] = [command]
    for word in words.split()[1:]:
        inner = [each for each in holders[-1].get("options", []) if each["name"] == word]
        assert inner and inner[0]["type"] in (SUBCOMMAND, SUBCOMMAND_GROUP), f"no subcommand {word!r}"
        holders.append(inner[0])
    known = {each["name"]: each for each in holders[-1].get("options", [])}
    assert not any(each["type"] in (SUBCOMMAND, SUBCOMMAND_GROUP) for each in known.values()), (
        f"/{words} needs one of its subcommands: {sorted(known)}"
    )
    unknown = set(options) - set(known)
    assert not unknown, f"/{words} has no option {sorted(unknown)}, only {sorted(known)}"
    if focused is None:
        missing = [name for name, each in known.items() if each.get("required") and name not in options]
        assert not missing, f"/{words} is not sent without {missing}"
    rows = [
        _option(fake, channel, known[name], value, resolved, is_focused=name == focused)
        for name, value in options.items()
    ]
    for holder in reversed(holders[1:]):
        rows = [{"name": holder["name"], "type": holder["type"], "options": rows}]
    data = {"id": command["id"], "name": command["name"], "type": command["type"], "options": rows}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return data | ({"resolved": resolved} if resolved else {})


def _option(
    fake: FakeDiscord,
    channel: Channel,
    option: dict[str, Any],
    value: Any,
    resolved: dict[str, dict[str, Any]],
    *,
    is_focused: bool,
) -> Payload:
    row = {"name": option["name"], "type": option["type"]}
    if is_focused:
        assert option.get("autocomplete"), f"{option['name']} suggests nothing"
        return row | {"value": str(value), "focused": True}
    match option["type"]:
        case 11:
            return row | {"value": attach(fake, channel, value, resolved)}
        case 6 | 7 | 8 | 9:
            return row | {"value": name_thing(fake, channel, value, resolved)}
        case _:
            return row | {"value": _checked(option, value)}


def _checked(option: dict[str, Any], value: Any) -> Any:
    name = option["name"]
    if option.get("choices"):
        by_word = {
            word: each["value"] for each in option["choices"] for word in (each["name"], each["value"])
        }
        assert value in by_word, (
            f"{name} offers {[each['name'] for each in option['choices']]}, not {value!r}"
        )
        return by_word[value]
    expected = {STRING: str, INTEGER: int, BOOLEAN: bool, NUMBER: (int, float)}[option["type"]]
    assert isinstance(value, expected), f"{name} takes no {value!r}"
    assert isinstance(value, bool) == (option["type"] == BOOLEAN), f"{name} takes no {value!r}"
    if option["type"] == STRING:
        assert value, f"{name} cannot be left empty"
        assert option.get("min_length", 0) <= len(value) <= option.get("max_length", 6000), (
            f"{name}: its length"
        )
    elif option["type"] in (INTEGER, NUMBER):
        least, most = option.get("min_value", float("-inf")), option.get("max_value", float("inf"))
        assert least <= value <= most, f"{name} is {least} to {most}"
    return value


def attach(fake: FakeDiscord, channel: Channel, file: File, resolved: dict[str, dict[str, Any]]) -> str:
    """Upload a file as the client does, and return its id."""
    assert isinstance(file, File), f"{file!r} is no File"
    assert len(file.content) <= MAX_FILE_BYTES, f"{file.filename} is too large for the client to send"
    stored = store_upload(fake, channel, file)
    resolved.setdefault("attachments", {})[str(stored.id)] = file_payload(stored, fake.cdn.link)
    return str(stored.id)


def name_thing(fake: FakeDiscord, channel: Channel, thing: Any, resolved: dict[str, dict[str, Any]]) -> str:
    thing = getattr(thing, "user", thing)
    key = str(thing.id)
    match thing:
        case User():
            resolved.setdefault("users", {})[key] = user_payload(thing)
            if channel.guild is not None and thing.id in channel.guild.members:
                member = channel.guild.members[thing.id]
                shown = member_payload(member, with_user=False) | {"permissions": "0"}
                resolved.setdefault("members", {})[key] = shown
        case Role():
            resolved.setdefault("roles", {})[key] = role_payload(thing)
        case Channel():
            resolved.setdefault("channels", {})[key] = interaction_channel(thing, fake.bot)
        case _:
            raise AssertionError(f"{thing!r} is no user, role or channel")
    return key


def ask(
    fake: FakeDiscord,
    kind: Asked,
    user: User,
    channel: Channel,
    data: Payload,
    *,
    message: Message | None = None,
    target: Message | None = None,
    source: Interaction | None = None,
) -> Interaction:
    """Tell the bot what a person wants."""
    payload: Payload = {
        "id": str(fake.ids.next()),
        "application_id": str(fake.application_id),
        "type": int(kind),
        "token": secrets.token_urlsafe(48),
        "version": 1,
        "data": data,
        "channel_id": str(channel.id),
        "channel": interaction_channel(channel, user),
        "app_permissions": str(_app_permissions(fake, channel)),
        "locale": "en-US",
        "entitlements": fake.entitlements_of(user, channel.guild),
        "attachment_size_limit": MAX_FILE_BYTES,
        "context": IN_DIRECT_CHANNEL if channel.guild is None else IN_GUILD,
        "authorizing_integration_owners": _owners(fake, user, channel),
    }
    payload |= _who(user, channel, channel.guild)
    if message is not None:
        payload["message"] = message_payload(message, fake.bot, fake.cdn.link)
    interaction = Interaction(
        id=int(payload["id"]),
        token=payload["token"],
        kind=kind,
        user=user,
        channel=channel,
        payload=payload,
        asked_at=fake.clock.monotonic(),
        now=fake.clock.monotonic,
        until=fake.until,
        source=source,
        message=message,
        target=target,
    )
    fake.interactions[interaction.id] = interaction
    fake.gateway.tell_of_interaction(payload, channel)
    return interaction


def _app_permissions(fake: FakeDiscord, channel: Channel) -> int:
    return bits(USER_INSTALL_MAY) if is_user_install(fake, channel) else permissions_in(fake.bot, channel)


def _owners(fake: FakeDiscord, user: User, channel: Channel) -> Payload:
    if is_user_install(fake, channel):
        return {str(USER_INSTALL): str(user.id)}
    return {str(GUILD_INSTALL): str(0 if channel.guild is None else channel.guild.id)}


def _who(user: User, channel: Channel, guild: Guild | None) -> Payload:
    if guild is None:
        return {"user": user_payload(user)}
    member = member_payload(guild.members[user.id]) | {"permissions": str(permissions_in(user, channel))}
    place = {"id": str(guild.id), "locale": "en-US", "features": []}
    return {"member": member, "guild_id": str(guild.id), "guild": place, "guild_locale": "en-US"}
