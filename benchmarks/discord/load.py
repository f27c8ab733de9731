"""A hundred people at Discord, who do what the plan says."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.chat import plan
from tests.fakes.discord import Channel, FakeDiscord, File, Interaction, Message, Person
from tests.scenarios.conftest import MUG

Asked = Mapping[str, Sequence[Interaction]]
"""What was asked, by kind."""


class Crowd:
    """A hundred people in ten channels."""

    def __init__(self, fake: FakeDiscord) -> None:
        self._fake = fake
        self._people = [fake.person(f"person-{number}") for number in range(plan.PEOPLE)]
        self._channels = [fake.channel(f"studio-{number}") for number in range(plan.CHANNELS)]
        self._lists: list[tuple[Person, Message]] = []

    async def look_at_models(self) -> None:
        """Let some people have a list of models before them, with buttons to the next page."""
        for number in range(0, plan.PEOPLE, 5):
            asked = await self._people[number].slash(self._channel_of(number), "models")
            self._lists.append((self._people[number], await asked.replied()))

    def _channel_of(self, person: int) -> Channel:
        return self._channels[person % plan.CHANNELS]

    async def play(self, steps: Sequence[plan.Step]) -> Asked:
        """Do it all, each at its time; return what was asked once it is acknowledged or too late for that."""
        asked: dict[str, list[Interaction]] = defaultdict(list)
        async with asyncio.TaskGroup() as acting:
            began = time.monotonic()
            for step in steps:
                await asyncio.sleep(max(0.0, began + step.at_seconds - time.monotonic()))
                acting.create_task(self._do(step, asked))
        everything = list(itertools.chain(*asked.values()))
        await self._fake.until(
            lambda: all(each.is_acknowledged or each.is_failed for each in everything),
            patience_seconds=plan.ANSWER_PATIENCE_SECONDS,
        )
        return asked

    async def _do(self, step: plan.Step, asked: dict[str, list[Interaction]]) -> None:
        person, channel = self._people[step.person], self._channel_of(step.person)
        options: dict[str, Any] = {}
        match step.kind:
            case plan.PRESS:
                asked[step.kind].append(await self._press(step.person))
                return
            case plan.SEND_FORM:
                asked[step.kind].append(await self._send(asked[plan.OPEN_FORM][len(asked[step.kind])]))
                return
            case plan.TYPING:
                before = set(self._fake.interactions)
                await person.autocomplete(channel, "imagine", prompt=f"on a beach, @{'rgb'[step.person % 3]}")
                mine = [each for key, each in self._fake.interactions.items() if key not in before]
                asked[step.kind] += [each for each in mine if each.user is person.user][:1]
                return
            case plan.IMAGINE:
                options = {"prompt": plan.PROMPTS[step.person % len(plan.PROMPTS)]}
            case plan.OPEN_FORM:
                options = {"type": "product", "name": "Mug"}
            case _:
                pass
        command = "train" if step.kind == plan.OPEN_FORM else step.kind
        asked[step.kind].append(await person.slash(channel, command, await_answer=False, **options))

    async def _press(self, chosen: int) -> Interaction:
        person, message = self._lists[chosen % len(self._lists)]
        label = plan.turned([button.label for button in message.buttons()], chosen)
        return await person.press(message, label, await_answer=False)

    async def _send(self, opened: Interaction) -> Interaction:
        person = next(each for each in self._people if each.user is opened.user)
        photo = File("1.jpg", (MUG / "1.jpg").read_bytes())
        # Each has a name of its own, because two drafts cannot have the same.
        values = {"name": f"Mug {opened.id % 100_000}", "class": "mug", "photos": [photo]}
        return await person.submit(opened, values, await_answer=False)
