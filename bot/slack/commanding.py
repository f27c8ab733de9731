"""What people ask for by commands, shortcuts, buttons and forms, read with what only the workspace knows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.chat.suggestions import described, find_models
from bot.doors import Doors
from bot.requests import AddPhotosRequest, ButtonPress, DeleteRequest, Requester, SettingsRequest
from bot.slack.addresses import Place
from bot.slack.asked import Asked, Sentence
from bot.slack.attached import pictures_of
from bot.slack.fields import OURS, option
from bot.slack.form_limits import MAX_OPTIONS
from bot.slack.forms import TrainForm
from bot.slack.forms_of_models import AddToForm, DeleteForm, ImagineForm
from bot.slack.opening import Opening
from bot.slack.origin import Origin
from bot.slack.payloads import Payload, kept_in, place_in, token_of
from bot.slack.people import People
from bot.slack.requests import OWN_COMMAND, Typed, read_command, read_words
from bot.slack.said import mentioned, plain_words
from bot.slack.submissions import OLD_FORM, read_form
from core.rules.names import normalise_handle

TRAIN_FROM = "train_from_photos"
ADD_TO = "add_to_model"
"""The callback ids of the shortcuts in a message's menu."""
NO_PICTURE = "There is no picture on that message. Choose one that has photos attached."
OLD_SHORTCUT = "That menu entry belongs to an earlier version of me. Type the command instead."


class Commands:
    """Reads what somebody asked for. Each raises StoreUnavailable where rows cannot be read now."""

    def __init__(self, doors: Doors, people: People, opening: Opening, prefix: str) -> None:
        self._doors = doors
        self._people = people
        self._opening = opening
        self._prefix = prefix

    async def command(self, place: Place, body: Payload) -> Asked:
        """Read a slash command."""
        requester = await self._people.requester(
            place, body["user_id"], body.get("user_name", ""), body.get("response_url", "")
        )
        words = await self.words(place.workspace, str(body.get("text") or ""))
        typed = Typed(requester, words, can_open=True, prefix=self._prefix)
        verb = str(body["command"]).removeprefix("/").removeprefix(self._prefix)
        asked = read_words(typed) if verb == OWN_COMMAND else read_command(verb, typed)
        return await self._checked(requester, asked)

    async def words(self, workspace: str, text: str) -> str:
        """Return plain words; where somebody is mentioned who is called like a model, its name."""
        ids = mentioned(text)
        if not ids:
            return plain_words(text, {}, ())
        handles = {model.handle for model in await self._doors.handles(workspace)}
        return plain_words(text, await self._people.names(workspace, ids), handles)

    async def _checked(self, requester: Requester, asked: Asked) -> Asked:
        """Add to what was typed what only the workspace knows."""
        match asked:
            case TrainForm():
                return replace(asked, bases=self._opening.bases)
            case ImagineForm():
                return replace(asked, aspects=self._opening.aspects)
            case DeleteForm(handle) if handle:
                handles = {model.handle for model in await self._doors.handles(requester.workspace)}
                known = normalise_handle(handle)
                # What is not there is better said at once than after a form.
                return DeleteForm(known) if known in handles else DeleteRequest(requester, handle)
            case SettingsRequest(quorum=None) if requester.is_admin:
                return await self._opening.settings(requester.workspace)
            case _:
                return asked

    async def shortcut(self, place: Place, body: Payload) -> Asked:
        """Read a shortcut that was chosen from a message's menu."""
        attachments = pictures_of(place.workspace, body.get("message") or {})
        if body.get("callback_id") not in (TRAIN_FROM, ADD_TO):
            return Sentence(OLD_SHORTCUT)
        if not attachments:
            return Sentence(NO_PICTURE)
        if body["callback_id"] == TRAIN_FROM:
            return TrainForm(attachments=attachments, bases=self._opening.bases)
        if await self._doors.has_draft(place.workspace, place.address.thread):
            user = body["user"]
            requester = await self._people.requester(place, user["id"], user.get("name", ""), token_of(body))
            return AddPhotosRequest(requester, attachments)
        return AddToForm(attachments)

    async def press(self, place: Place, body: Payload, reply_token: str) -> Asked | None:
        """Read a button or a list under a message, or on the Home tab; None for one that is none of ours."""
        action: Payload = body["actions"][0]
        if not str(action.get("action_id", "")).startswith(OURS):
            return None
        chosen = action.get("selected_option") or {}
        value = str(action.get("value") or chosen.get("value") or "")
        if not value:
            return None
        form = await self._opening.by(value, place.workspace)
        if form is not None:
            return form
        user = body["user"]
        requester = await self._people.requester(place, user["id"], user.get("name", ""), reply_token)
        return ButtonPress(requester, value)

    async def submission(self, workspace: str, body: Payload) -> Asked:
        """Read a form that was sent."""
        view, user = body["view"], body["user"]
        kept = kept_in(view)
        origin = Origin.read(kept)
        if origin is None:
            return Sentence(OLD_FORM)
        place = place_in(origin, workspace)
        requester = await self._people.requester(place, user["id"], user.get("name", ""), origin.reply_token)
        return read_form(requester, view, kept)

    async def suggestions(self, workspace: str, field: str, typed: str) -> list[dict[str, Any]]:
        """Return the models that the typed name may mean: to paint with, those that are ready; to change, one's own."""
        models = await self._doors.handles(workspace)
        fitting = [model for model in models if (model.is_ready if field == "models" else not model.is_demo)]
        found = find_models(typed, fitting)[:MAX_OPTIONS]
        return [option(model.handle, described(model)) for model in found]
