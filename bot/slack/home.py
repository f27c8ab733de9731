"""The app's Home tab: models, jobs and credits at a glance, with buttons."""

from __future__ import annotations

import json
from collections.abc import Sequence

from bot.chat.suggestions import described, find_models
from bot.doors import AtHome, FullDoors, KnownModel
from bot.slack.clients import Clients
from bot.slack.fields import OURS, Block, escaped, plain, said, small
from bot.slack.origin import Origin
from bot.slack.wording import Wording
from core.rules.wording import counted

MODELS_SHOWN = 20
NO_MODELS = "There are no models here yet. Make one from a few photos."
STORE_IS_AWAY = "I cannot read anything right now. Open this page again in a minute."


def home_view(origin: Origin, models: Sequence[KnownModel], at_home: AtHome, wording: Wording) -> Block:
    """Lay the page out. `origin` is the direct conversation, where what its buttons start goes on."""
    blocks: list[Block] = [
        said("A few photos make a model; its @name in a prompt paints it."),
        _buttons(("Train a model", "home:train"), ("Make pictures", "home:imagine")),
    ]
    if at_home.balance is not None:
        more = wording.commands("/credits says more")
        blocks.append(small(f"{counted(at_home.balance, 'credit')} left this month · {more}"))
    blocks += [{"type": "divider"}, said("*Jobs*")]
    for number, job in enumerate(at_home.jobs):
        line = said(f"{escaped(job.title)}\n_{escaped(job.status)}_")
        if job.is_open:
            line["accessory"] = _button(f"job-{number}", "Cancel", f"job:{job.id}:cancel")
        blocks.append(line)
    if not at_home.jobs:
        blocks.append(small("Nothing waits, runs, or ended lately."))
    own = [model for model in find_models("", models) if not model.is_demo]
    shown = (own or find_models("", models))[:MODELS_SHOWN]
    blocks += [{"type": "divider"}, said(f"*Models*{' · try one of these' if models and not own else ''}")]
    for number, model in enumerate(shown):
        waits = "" if model.is_ready else " · not ready yet"
        line = said(escaped(f"{described(model)}{waits}"))
        if model.is_ready:
            line["accessory"] = _button(f"model-{number}", "Try it", f"model:{model.handle}:try")
        blocks.append(line)
    if not shown:
        blocks.append(small(NO_MODELS))
    if len(own) > len(shown):
        lists = wording.commands("/models lists and searches them")
        blocks.append(small(f"{len(own) - len(shown)} more · {lists}"))
    return _page(origin, blocks)


class Home:
    """Publishes the page."""

    def __init__(self, clients: Clients, doors: FullDoors, wording: Wording) -> None:
        self._wording = wording
        self._clients = clients
        self._doors = doors

    async def show(self, workspace: str, user_id: str, origin: Origin) -> None:
        """Show somebody the page as things are now."""
        models = await self._doors.handles(workspace)
        view = home_view(origin, models, await self._doors.at_home(workspace), self._wording)
        await self._publish(workspace, user_id, view)

    async def say_store_is_away(self, workspace: str, user_id: str, origin: Origin) -> None:
        """Show that there is nothing to show now."""
        await self._publish(workspace, user_id, _page(origin, [said(STORE_IS_AWAY)]))

    async def _publish(self, workspace: str, user_id: str, view: Block) -> None:
        client = await self._clients.of(workspace)
        await client.views_publish(user_id=user_id, view=view)


def _page(origin: Origin, blocks: list[Block]) -> Block:
    kept = json.dumps(origin.written())
    return {"type": "home", "callback_id": f"{OURS}home", "private_metadata": kept, "blocks": blocks}


def _buttons(*labels: tuple[str, str]) -> Block:
    elements = [_button(f"start-{number}", *each) for number, each in enumerate(labels)]
    return {"type": "actions", "elements": elements}


def _button(name: str, label: str, action: str) -> Block:
    return {"type": "button", "action_id": f"{OURS}{name}", "text": plain(label), "value": action}
