"""A hundred people at Slack, who do what the plan says."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence

from benchmarks.chat import plan
from tests.fakes.slack import Channel, FakeSlack, File, Interaction, Message, Person, View
from tests.fakes.slack.delivery import Delivery
from tests.scenarios.conftest import MUG

Asked = Mapping[str, Sequence[Delivery]]
"""What was asked, by kind."""
SUGGESTION = "block_suggestion"
"""What a question for options is called when it is delivered."""


class Crowd:
    """A hundred people in ten channels."""

    def __init__(self, fake: FakeSlack) -> None:
        self._fake = fake
        self._people = [fake.person(f"person-{number}") for number in range(plan.PEOPLE)]
        self._channels = [fake.channel(f"studio-{number}") for number in range(plan.CHANNELS)]
        self._lists: list[tuple[Person, Message]] = []
        self._forms: list[tuple[Person, View]] = []
        self._opened: list[Interaction] = []

    @property
    def trainer(self) -> Person:
        """One of them, who also trains: a hundred and first would be one too many to look up within a minute."""
        return self._people[0]

    async def look_at_models(self) -> None:
        """Let some people have a list of models before them, with buttons to the next page."""
        for number in range(0, plan.PEOPLE, 5):
            asked = await self._people[number].slash(self._channel_of(number), "/models")
            self._lists.append((self._people[number], await asked.replied()))

    async def open_forms(self, steps: Sequence[plan.Step]) -> None:
        """Let some people have a form before them, in which models can be chosen: nobody who opens another."""
        others = {step.person for step in steps if step.kind == plan.OPEN_FORM}
        for number in sorted(set(range(1, plan.PEOPLE, 5)) - others):
            asked = await self._people[number].slash(self._channel_of(number), "/imagine")
            self._forms.append((self._people[number], await asked.opened()))

    def _channel_of(self, person: int) -> Channel:
        return self._channels[person % plan.CHANNELS]

    async def play(self, steps: Sequence[plan.Step]) -> Asked:
        """Do it all, each at its time; return what was asked once it is acknowledged or too late for that."""
        asked: dict[str, list[Delivery]] = defaultdict(list)
        self._opened.clear()
        async with asyncio.TaskGroup() as acting:
            began = time.monotonic()
            for step in steps:
                await asyncio.sleep(max(0.0, began + step.at_seconds - time.monotonic()))
                acting.create_task(self._do(step, asked[step.kind]))
        everything = list(itertools.chain(*asked.values()))
        await self._fake.until(
            lambda: all(each.is_over for each in everything), patience_seconds=plan.ANSWER_PATIENCE_SECONDS
        )
        return asked

    async def _do(self, step: plan.Step, asked: list[Delivery]) -> None:
        match step.kind:
            case plan.PRESS:
                asked.append((await self._press(step.person)).sent)
            case plan.SEND_FORM:
                asked.append((await self._send(self._opened[len(asked)])).sent)
            case plan.TYPING:
                asked.append(await self._type(step.person))
            case plan.IMAGINE:
                prompt = plan.PROMPTS[step.person % len(plan.PROMPTS)]
                asked.append((await self._command(step.person, "/imagine", prompt)).sent)
            case plan.OPEN_FORM:
                self._opened.append(await self._command(step.person, "/train", "product Mug"))
                asked.append(self._opened[-1].sent)
            case _:
                asked.append((await self._command(step.person, f"/{step.kind}")).sent)

    async def _command(self, person: int, command: str, text: str = "") -> Interaction:
        return await self._people[person].slash(self._channel_of(person), command, text, await_answer=False)

    async def _press(self, chosen: int) -> Interaction:
        person, message = self._lists[chosen % len(self._lists)]
        label = plan.turned([button.label for button in message.buttons()], chosen)
        return await person.press(message, label, await_answer=False)

    async def _type(self, chosen: int) -> Delivery:
        person, form = self._forms[chosen % len(self._forms)]
        return await typed(self._fake, person, form, "Models", "rgb"[chosen % 3])

    async def _send(self, asked: Interaction) -> Interaction:
        form = await asked.opened()
        person = next(each for each in self._people if each.user is asked.user)
        photo = File("1.jpg", (MUG / "1.jpg").read_bytes())
        # Each has a name of its own, because two drafts cannot have the same.
        values = {"name": f"Mug {form.id[-4:]}", "class": "mug", "photos": [photo]}
        return await person.submit(form, values, await_answer=False)


async def typed(fake: FakeSlack, person: Person, form: View, field: str, word: str) -> Delivery:
    """Type into a list of models; return the question for options that came of it."""
    before = len(fake.deliveries)
    await person.suggest(form, field, word)
    questions = (each for each in fake.deliveries[before:] if each.name == SUGGESTION)
    return next(each for each in questions if each.payload["user"]["id"] == person.id)
