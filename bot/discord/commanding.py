"""What happens between an interaction and its acknowledgement: reading it, opening a form, suggesting, a sentence."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

import aiohttp
import discord
from discord import app_commands

from bot.discord.addresses import DIRECT_PREFIX
from bot.discord.asked import Asked, Sentence
from bot.discord.attached import pictures_of
from bot.discord.forms import CaptionPages, Form, TrainForm, TrainFromForm
from bot.discord.forms_of_models import AddToForm, DeleteForm
from bot.discord.mentions import mentioned, with_names
from bot.discord.opening import opened_by
from bot.discord.plans import Grants
from bot.discord.requests import OLD_COMMAND, read_command
from bot.discord.search import Choice, suggest_models, suggest_prompts
from bot.discord.submissions import read_form
from bot.discord.tree import ADD_TO, ON_MESSAGE, TRAIN_FROM
from bot.doors import Doors
from bot.requests import (
    AddPhotosRequest,
    Attachment,
    ButtonPress,
    DeleteRequest,
    ImagineRequest,
    Request,
    Requester,
)
from core.errors import StoreUnavailable
from core.rules.names import normalise_handle

log = logging.getLogger(__name__)

NETWORK_FAULTS = (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError)
REMEMBERED_MESSAGES = 500
"""Messages whose photos wait for the form that was opened over them."""
LOOK_UP_SECONDS = 1.0
"""How long a name may be looked for: an acknowledgement is due within three seconds."""
NO_PICTURE = "There is no picture on that message. Choose one that has photos attached."


class Commands:
    """Reads interactions. What it answers by itself needs no row: forms, suggestions and sentences."""

    def __init__(self, client: discord.Client, doors: Doors, grants: Grants) -> None:
        self._client = client
        self._doors = doors
        self._most_files = {
            kind: max(plan.images[kind].allowed[1] for plan in grants.plans.plans)
            for kind in grants.plans.plans[0].images
        }
        self._photos: OrderedDict[int, tuple[Attachment, ...]] = OrderedDict()

    async def read(self, interaction: discord.Interaction, requester: Requester) -> Request | None:
        """Return what is asked for, or None where a form or a sentence was the answer.

        Raises:
            StoreUnavailable: What a form begins with cannot be read now.
        """
        asked = await self._asked(interaction, requester)
        if isinstance(asked, Sentence):
            await self.say(interaction, asked.text)
            return None
        if isinstance(asked, Form):
            await self._open(interaction, asked)
            return None
        return asked

    async def _asked(self, interaction: discord.Interaction, requester: Requester) -> Asked:
        data = cast(Mapping[str, Any], interaction.data or {})
        match interaction.type:
            case discord.InteractionType.component:
                # A list's options carry actions, as buttons do.
                action = (data.get("values") or [data["custom_id"]])[0]
                form = await opened_by(action, requester.workspace, self._doors, interaction.guild)
                return form or ButtonPress(requester, action)
            case discord.InteractionType.modal_submit:
                return read_form(requester, data, self._photos.get)
            case _ if data.get("type") == ON_MESSAGE:
                return await self._on_message(requester, data)
            case _:
                return await self._checked(interaction, requester, read_command(requester, data))

    async def _checked(self, interaction: discord.Interaction, requester: Requester, asked: Asked) -> Asked:
        """Add to what was typed what only the workspace and the server know."""
        match asked:
            case TrainForm():
                return replace(asked, most_files=min(asked.most_files, self._most_files[asked.kind]))
            case DeleteForm():
                handles = {model.handle for model in await self._doors.handles(requester.workspace)}
                handle = normalise_handle(asked.handle)
                # What is not there is better said at once than after a form.
                return DeleteForm(handle) if handle in handles else DeleteRequest(requester, asked.handle)
            case ImagineRequest() if ids := mentioned(asked.prompt):
                names = await self._names(interaction, ids)
                handles = {model.handle for model in await self._doors.handles(requester.workspace)}
                return replace(asked, prompt=with_names(asked.prompt, names, handles))
            case _:
                return asked

    async def _names(self, interaction: discord.Interaction, ids: set[int]) -> dict[int, Sequence[str]]:
        """Return what people and roles are called; whoever cannot be found in time is left out."""
        guild = interaction.guild
        names: dict[int, Sequence[str]] = {}
        for each in ids:
            role = guild.get_role(each) if guild else None
            person: discord.User | discord.Member | None = (
                interaction.user if each == interaction.user.id else None
            )
            if role is None and person is None:
                person = await self._person(guild, each)
            if role is not None:
                names[each] = (role.name,)
            elif person is not None:
                names[each] = (person.display_name, person.global_name or "", person.name)
        return names

    async def _person(
        self, guild: discord.Guild | None, user_id: int
    ) -> discord.User | discord.Member | None:
        try:
            async with asyncio.timeout(LOOK_UP_SECONDS):
                return await (guild.fetch_member(user_id) if guild else self._client.fetch_user(user_id))
        except NETWORK_FAULTS as fault:
            log.info("action=mention_not_found fault=%s", type(fault).__name__)
            return None

    async def _on_message(self, requester: Requester, data: Mapping[str, Any]) -> Asked:
        message_id = str(data.get("target_id"))
        message = ((data.get("resolved") or {}).get("messages") or {}).get(message_id) or {}
        attachments = pictures_of(message)
        if data.get("name") not in (TRAIN_FROM, ADD_TO):
            return Sentence(OLD_COMMAND)
        if not attachments:
            return Sentence(NO_PICTURE)
        self._remember(int(message_id), attachments)
        if data["name"] == TRAIN_FROM:
            return TrainFromForm(int(message_id))
        if await self._doors.has_draft(requester.workspace, requester.thread.thread):
            return AddPhotosRequest(requester, attachments)
        models = await self._doors.handles(requester.workspace)
        return AddToForm(int(message_id), tuple(model for model in models if not model.is_demo))

    def _remember(self, message_id: int, attachments: tuple[Attachment, ...]) -> None:
        self._photos[message_id] = attachments
        self._photos.move_to_end(message_id)
        if len(self._photos) > REMEMBERED_MESSAGES:
            self._photos.popitem(last=False)

    # Answers

    async def suggest(self, interaction: discord.Interaction) -> None:
        """Suggest names or prompts while somebody types. Nothing is better than late or wrong."""
        data = cast(Mapping[str, Any], interaction.data or {})
        typed = next((each for each in data.get("options") or () if each.get("focused")), {"name": ""})
        workspace = (
            str(interaction.guild_id) if interaction.guild_id else f"{DIRECT_PREFIX}{interaction.user.id}"
        )
        try:
            models = await self._doors.handles(workspace)
        except StoreUnavailable:
            models = []
        words = str(typed.get("value") or "")
        if typed["name"] == "prompt":
            choices = suggest_prompts(words, models)
        else:
            choices = suggest_models(words, [model for model in models if not model.is_demo])
        await self._suggest(interaction, choices)

    async def suggest_nothing(self, interaction: discord.Interaction) -> None:
        """Suggest nothing."""
        await self._suggest(interaction, ())

    async def _suggest(self, interaction: discord.Interaction, choices: Sequence[Choice]) -> None:
        shown = [app_commands.Choice(name=choice.name, value=choice.value) for choice in choices]
        try:
            await interaction.response.autocomplete(shown)
        except NETWORK_FAULTS as fault:  # the person typed on, and asks again
            log.info("action=suggestions_not_sent fault=%s", type(fault).__name__)

    async def say(self, interaction: discord.Interaction, text: str) -> None:
        """Answer at once, for the author's eyes only."""
        try:
            await interaction.response.send_message(text, ephemeral=True, suppress_embeds=True)
        except NETWORK_FAULTS as fault:
            log.warning("action=sentence_not_said fault=%s", type(fault).__name__)

    async def _open(self, interaction: discord.Interaction, form: Form) -> None:
        try:
            if isinstance(form, CaptionPages):
                view = form.view()
                view.stop()  # what comes back is read from its custom_id: discord.py need not remember it
                await interaction.response.send_message(view=view, ephemeral=True)
            else:
                modal = form.modal()
                modal.stop()
                await interaction.response.send_modal(modal)
        except NETWORK_FAULTS as fault:
            log.warning("action=form_not_opened fault=%s", type(fault).__name__)

    async def acknowledge(self, interaction: discord.Interaction) -> None:
        """Say that a request was heard. When that fails, it is answered all the same: in the thread."""
        try:
            await interaction.response.defer(ephemeral=True, thinking=interaction.message is None)
        except NETWORK_FAULTS as fault:
            log.warning("action=not_acknowledged fault=%s", type(fault).__name__)
