"""Messages and their files, in the JSON that Discord sends."""

from __future__ import annotations

import copy
from collections.abc import Callable

from tests.fakes.discord.components import Component, with_media
from tests.fakes.discord.messages import REPLY, THREAD_STARTER, Message, StoredFile
from tests.fakes.discord.payloads import Payload, channel_payload, timestamp, user_payload
from tests.fakes.discord.state import User

Link = Callable[[StoredFile], str]


def file_payload(file: StoredFile, link: Link) -> Payload:
    """Return an attachment, with a link that is signed anew each time."""
    url = link(file)
    payload: Payload = {
        "id": str(file.id),
        "filename": file.filename,
        "size": len(file.content),
        "url": url,
        "proxy_url": url,
    }
    if file.title != file.filename:
        payload["title"] = file.title.rpartition(".")[0]
    if file.content_type:
        payload["content_type"] = file.content_type
    size_px = file.size_px()
    if size_px is not None:
        payload["width"], payload["height"] = size_px
    if file.description:
        payload["description"] = file.description
    if file.is_ephemeral:
        payload["ephemeral"] = True
    return payload


def message_payload(message: Message, viewer: User, link: Link) -> Payload:
    """Return a message as the viewer gets it.

    Files that components or embeds show are not among its attachments: discord-api-docs, issue 8277.
    """
    payload: Payload = {
        "id": str(message.id),
        "type": message.kind,
        "channel_id": str(message.channel.id),
        "author": user_payload(message.author),
        "content": message.content,
        "timestamp": timestamp(message.created_at),
        "edited_timestamp": timestamp(message.edited_at),
        "flags": message.flags,
        "mentions": [user_payload(user) for user in message.mentions],
        "mention_roles": [str(role_id) for role_id in message.mentioned_role_ids],
        "mention_everyone": message.mentions_everyone,
        "attachments": [file_payload(file, link) for file in message.loose_files()],
        "embeds": [_embed_payload(message, embed, link) for embed in message.embeds],
        "components": with_media(message.components, lambda medium: _unfurled(message, medium, link)),
        "pinned": False,
        "tts": False,
    }
    if message.nonce is not None:
        payload["nonce"] = message.nonce
    if message.reacted:
        payload["reactions"] = [_reaction_payload(message, emoji, viewer) for emoji in message.reacted]
    if message.thread is not None:
        payload["thread"] = channel_payload(message.thread, viewer)
    if message.refers_to is not None:
        payload |= _reference_fields(message, message.refers_to, viewer, link)
    if message.interaction is not None:
        payload["application_id"] = str(message.author.id)
        payload["webhook_id"] = str(message.author.id)
        payload["interaction_metadata"] = message.interaction.metadata()
    return payload


def _reference_fields(message: Message, referred: Message, viewer: User, link: Link) -> Payload:
    reference: Payload = {"type": 0, "channel_id": str(referred.channel.id), "message_id": str(referred.id)}
    if referred.channel.guild is not None:
        reference["guild_id"] = str(referred.channel.guild.id)
    if message.kind in (REPLY, THREAD_STARTER):
        shown = None if referred.is_deleted else _without_more(message_payload(referred, viewer, link))
        return {"message_reference": reference, "referenced_message": shown}
    return {"message_reference": reference}


def _without_more(payload: Payload) -> Payload:
    return {key: value for key, value in payload.items() if key not in ("reactions", "referenced_message")}


def _reaction_payload(message: Message, emoji: str, viewer: User) -> Payload:
    users = message.reacted[emoji]
    return {
        "emoji": {"id": None, "name": emoji},
        "count": len(users),
        "count_details": {"burst": 0, "normal": len(users)},
        "burst_colors": [],
        "me_burst": False,
        "me": viewer in users,
    }


def _file_behind(message: Message, url: str) -> StoredFile | None:
    names = {f"attachment://{name}": file for file in message.files for name in (file.title, file.filename)}
    return names.get(url)


def _unfurled(message: Message, medium: Component, link: Link) -> Payload:
    file = _file_behind(message, medium["url"])
    if file is None:
        return {"id": str(message.id), "url": medium["url"], "proxy_url": medium["url"]}
    url = link(file)
    width, height = file.size_px() or (None, None)
    return {
        "id": str(file.id),
        "attachment_id": str(file.id),
        "url": url,
        "proxy_url": url,
        "width": width,
        "height": height,
        "content_type": file.content_type,
        "name": file.filename,
        "size": len(file.content),
    }


def _embed_payload(message: Message, embed: Payload, link: Link) -> Payload:
    shown = copy.deepcopy(embed) | {"type": embed.get("type", "rich")}
    for key in ("image", "thumbnail"):
        file = _file_behind(message, shown.get(key, {}).get("url", ""))
        if file is not None:
            shown[key] |= {"url": link(file), "proxy_url": link(file)}
    return shown


def without_content(payload: Payload) -> Payload:
    """Return a message as a bot without the Message Content intent is told of it."""
    hidden = {"content": "", "attachments": [], "embeds": [], "components": []}
    return {key: value for key, value in payload.items() if key != "poll"} | hidden
