"""Replies posted through the real front-end, and drawn as they stand at Slack then."""

from __future__ import annotations

import io
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from bot.doors import AtHome, KnownJob, KnownModel, OpenDraft, PeopleInCharge
from bot.replies import Reply
from bot.requests import MessageRef, Request, TrainRequest
from bot.slack.addresses import place_of
from core.rules.kinds import ModelKind
from core.store.blobs import Blobs
from tests.contracts.slack_harness import EmptyWorkspace, SlackHarness
from tests.fakes.slack.fake import FakeSlack
from tests.fakes.slack.files import File
from tests.fakes.slack.interactions import Interaction
from tests.fakes.slack.messages import Message
from tests.fakes.slack.page import Drawing, aside, divided, place
from tests.fakes.slack.page_forms import form, home
from tests.fakes.slack.payloads import message_payload, reactions_payload
from tests.fakes.slack.people import Person
from tests.fakes.slack.views import View, view_payload
from tests.fakes.told import CAPTIONS
from tests.fakes.told_pictures import Told, draw

MODELS = (
    KnownModel("ada", "Ada", ModelKind.CHARACTER, is_ready=True),
    KnownModel("flower-vase", "Flower Vase", ModelKind.PRODUCT, is_ready=True, is_demo=True),
    KnownModel("noir", "Noir", ModelKind.STYLE, is_ready=False),
    KnownModel("summer-shoes", "Summer Shoes", ModelKind.PRODUCT, is_ready=True),
)
JOBS = (
    KnownJob("a" * 32, "Noir → @noir · style · 12 pictures", "running, 61 %", is_open=True),
    KnownJob("b" * 32, "@ada · at sea · 2 pictures, 2 credits", "queued", is_open=True),
    KnownJob("c" * 32, "@summer-shoes · on a beach · 1 picture, 1 credit", "done", is_open=False),
)


class ToldDoors(EmptyWorkspace):
    """What forms and the Home tab are told of the story's workspace."""

    def __init__(self) -> None:
        self.approvers: tuple[str, ...] = ()

    async def handles(self, workspace: str) -> Sequence[KnownModel]:
        return MODELS

    async def draft(self, workspace: str, draft_id: str) -> OpenDraft | None:
        return OpenDraft(f"{workspace}/C1", CAPTIONS)

    async def captions(self, workspace: str, handle: str) -> tuple[str, ...]:
        return ("summer-shoes sneaker, on a table", "summer-shoes sneaker, in a kitchen")

    async def in_charge(self, workspace: str) -> PeopleInCharge:
        return PeopleInCharge(2, self.approvers, (), has_private_threads=False)

    async def at_home(self, workspace: str) -> AtHome:
        return AtHome(240, JOBS)


class Album:
    """Mia, Ben and Olga in a workspace that has the bot."""

    def __init__(self, harness: SlackHarness, told: Told) -> None:
        self.harness, self.told = harness, told
        self.fake, self.studio = harness.fake, harness.studio
        self.mia, self.ben = harness.mia, self.fake.person("ben")
        self.olga = self.fake.person("olga", is_admin=True)
        self.brand = self.fake.user_group("brand", [self.ben])
        self.shown: set[type[Reply]] = set()
        """What kinds of replies were said."""
        self._posts = 0
        self._posted: dict[str, MessageRef] = {}

    def pass_time(self, seconds: float) -> None:
        """Let the clock go on."""
        clock: Any = self.fake.clock
        clock.advance(seconds=seconds)
        self.fake.changed()

    # What is said

    async def asked(
        self, person: Person, command: str, text: str = "", **entered: Any
    ) -> tuple[Interaction, Request]:
        """Have somebody send a command, and its form where one opens; return that and what the bot makes of it."""
        accepted = len(self.harness.acceptor.requests)
        sent = await person.slash(self.studio, f"/{command}", text)
        await self.fake.until(lambda: sent.view or len(self.harness.acceptor.requests) > accepted)
        if sent.view is not None:
            await person.submit(sent.view, entered)
        [request] = self.harness.acceptor.requests[accepted:]
        return sent, request

    async def asked_to_train(self, name: str, kind: str, class_noun: str) -> Message:
        """Have Mia send `/train` and its form, and return the message that the thread hangs on."""
        filled_in = {"kind": kind, "name": name, "class": class_noun, "photos": [File("1.png", _png())]}
        _, request = await self.asked(self.mia, "train", **filled_in)
        assert isinstance(request, TrainRequest)
        thread = await self.harness.frontend.open_thread(request.requester, name, nonce=self._nonce())
        return self.studio.messages[place_of(thread).thread]

    async def post(self, reply: Reply, thread: Message | None = None) -> Message:
        """Say something in the channel or in a thread."""
        self.shown.add(type(reply))
        channel = self.harness.thread
        where = channel if thread is None else place_of(channel).beneath(thread.ts).address
        reference = await self.harness.frontend.post(where, reply, nonce=self._nonce())
        message = self.harness.message(reference)
        self._posted[message.ts] = reference
        return message

    async def edit(self, message: Message, reply: Reply) -> None:
        """Let a message say something else."""
        self.shown.add(type(reply))
        await self.harness.frontend.edit(self._posted[message.ts], reply)

    async def answer(
        self, person: Person, reply: Reply, command: str, text: str = "", **entered: Any
    ) -> Message:
        """Have somebody ask, and answer it for their eyes only."""
        self.shown.add(type(reply))
        sent, request = await self.asked(person, command, text, **entered)
        await self.harness.frontend.answer(request.requester, reply, nonce=self._nonce())
        return await sent.replied()

    async def answer_press(self, person: Person, message: Message, label: str, reply: Reply) -> Message:
        """Have somebody press a button, and answer it for their eyes only."""
        self.shown.add(type(reply))
        accepted = len(self.harness.acceptor.requests)
        sent = await person.press(message, label)
        [request] = self.harness.acceptor.requests[accepted:]
        await self.harness.frontend.answer(request.requester, reply, nonce=self._nonce())
        return await sent.replied()

    def _nonce(self) -> str:
        self._posts += 1
        self.pass_time(20)  # more than Slack's pace: nobody's answers come faster either
        return f"n{self._posts}"

    # What is seen

    def drawing(self) -> Drawing:
        """Return what draws, with everybody's names."""
        people = {each.id: each.name for each in self.fake.workspace.users.values()}
        bot = self.fake.workspace.installed.bot
        names = {**people, bot.id: self.fake.app.name, self.brand.id: self.brand.handle}
        return Drawing(self._picture, names)

    def message(self, message: Message, *, counts_replies: bool = False) -> str:
        """Draw a message as it stands now."""
        payload = message_payload(message, self.fake.app_id)
        return self.drawing().message(
            {**payload, "reactions": reactions_payload(message)},
            replies=len(message.replies) if counts_replies else 0,
            only_one_sees_it=message.is_ephemeral,
        )

    def replies(self, root: Message) -> str:
        """Draw what stands below the first message of a thread."""
        count = len(root.replies)
        counted = divided(f"{count} {'reply' if count == 1 else 'replies'}")
        return counted + "".join(map(self.message, root.replies))

    def channel(self, messages: Sequence[Message | str]) -> str:
        """Draw messages of the channel, and lines that say what somebody typed before the next."""
        drawn = (
            aside(each) if isinstance(each, str) else self.message(each, counts_replies=True)
            for each in messages
        )
        return place("# studio") + "".join(drawn)

    def form(self, view: View) -> str:
        """Draw a form as it was opened."""
        return form(view_payload(view, self.fake.app_id), self.drawing(), view.errors)

    def home(self, view: View) -> str:
        """Draw the Home tab."""
        return home(view_payload(view, self.fake.app_id), self.drawing())

    def _picture(self, named: Any) -> bytes:
        file = self.fake.find_file(named)
        assert file is not None
        return file.content


def _png() -> bytes:
    data = io.BytesIO()
    Image.new("RGB", (8, 8)).save(data, "PNG")
    return data.getvalue()


@asynccontextmanager
async def opened_album(
    fake: FakeSlack, folder: Path, pictures: Callable[[Blobs], Awaitable[Told]] = draw
) -> AsyncGenerator[Album]:
    """Have the front-end up at this Slack, with the story's pictures in the store."""
    async with SlackHarness.open(folder, fake) as harness:
        harness.doors = doors = ToldDoors()
        await harness.restart()
        album = Album(harness, await pictures(harness.blobs))
        doors.approvers = (album.brand.id, album.ben.id)
        yield album
