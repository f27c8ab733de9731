"""Pictures of everything for the documentation: `python -m tests.fakes.discord.photograph docs/discord`.

The story of `told` goes through the real front-end to the fake, and what the fake stored is drawn as a page and
photographed. The pages can be made without a browser; the photographs need chromium.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from html import escape
from pathlib import Path
from typing import Any

from bot.doors import KnownModel, OpenDraft, PeopleInCharge
from bot.replies import Reply
from bot.requests import MessageRef
from core.rules.kinds import ModelKind
from core.store.blobs import Blobs
from tests.contracts.discord_harness import DiscordHarness, NoDoors
from tests.contracts.reply_examples import examples
from tests.fakes.discord import FakeDiscord, Interaction, Message, Person, Role
from tests.fakes.discord.fixtures import specs_folder, strict_discord
from tests.fakes.discord.message_payloads import message_payload
from tests.fakes.discord.page import Drawing, whole_page
from tests.fakes.discord.page_forms import form
from tests.fakes.photograph import run
from tests.fakes.strict import WallClock
from tests.fakes.told import (
    CAPTIONS,
    after_a_decision,
    captions,
    consent,
    failed,
    imagine,
    lists,
    refusals,
    review,
    training,
    waiting,
)
from tests.fakes.told_pictures import Told, draw

WIDE_PX = 940


class Album:
    """Posts replies through the front-end, and draws what stands at Discord then."""

    def __init__(self, harness: DiscordHarness, told: Told) -> None:
        fake = harness.fake
        self.harness, self.told = harness, told
        self.mia, self.ben = harness.mia, fake.person("ben")
        self.olga = fake.person("olga", is_admin=True)
        self.brand: Role = fake.role("Brand")
        self._posts = 0

    async def post(self, reply: Reply) -> Message:
        """Say something in the thread."""
        self._posts += 1
        frontend, thread = self.harness.frontend, self.harness.thread
        reference = await frontend.post(thread, reply, nonce=f"n{self._posts}")
        return self.harness.message(reference)

    async def edit(self, message: Message, reply: Reply) -> None:
        """Let a message say something else."""
        seen = self.harness.see(message)
        await self.harness.frontend.edit(MessageRef(self.harness.thread, seen.message), reply)

    async def answer(self, person: Person, reply: Reply, command: str, **options: Any) -> Message:
        """Have somebody send a command, and answer it for their eyes only."""
        self._posts += 1
        asked = await person.slash(self.harness.studio, command, **options)
        request = self.harness.acceptor.requests[-1]
        await self.harness.frontend.answer(request.requester, reply, nonce=f"n{self._posts}")
        return await asked.replied()

    def drawing(self) -> Drawing:
        """Return what draws, with everybody's names."""
        names = {str(each.id): each.name for each in (self.mia, self.ben, self.olga, self.brand)}
        return Drawing(self._picture_at, names)

    def draw(self, messages: Sequence[Message | str], place: str = "") -> str:
        """Draw messages, and lines that say what somebody typed before the next."""
        drawing, fake = self.drawing(), self.harness.fake
        head = f'<div class="place"># studio{f" › <b>{escape(place)}</b>" if place else ""}</div>'
        drawn = [
            f'<div class="asked">{escape(each)}</div>'
            if isinstance(each, str)
            else drawing.message(message_payload(each, each.only_for or fake.bot, fake.cdn.link))
            for each in messages
        ]
        return whole_page(head + "\n".join(drawn))

    def _picture_at(self, url: str) -> bytes:
        number = int(url.split("/")[5])
        return self.harness.fake.cdn.content(number)


Page = Callable[[Album], Awaitable[str]]


async def training_page(album: Album) -> str:
    """Draw a training: the card at four moments, and the news."""
    said = training(album.told, str(album.mia.id))
    return album.draw([await album.post(reply) for reply in said], "Summer Shoes")


async def review_page(album: Album) -> str:
    """Draw a review in which one photo was decided by a reaction."""
    mia = str(album.mia.id)
    card, soft, cut = [await album.post(reply) for reply in review(album.told, mia)]
    await album.mia.react(soft, "❌")
    decided_card, decided_photo = after_a_decision(album.told, mia)
    await album.edit(card, decided_card)
    await album.edit(soft, decided_photo)
    return album.draw([card, soft, cut], "Summer Shoes")


async def before_the_start_page(album: Album) -> str:
    """Draw what is asked about a real person, then the captions, then the question before the start."""
    mia = str(album.mia.id)
    said = [*consent(mia), *captions(mia)]
    return album.draw([await album.post(reply) for reply in said], "Ada")


async def imagine_page(album: Album) -> str:
    """Draw a prompt on its way to pictures."""
    said = imagine(album.told, str(album.mia.id))
    return album.draw([await album.post(reply) for reply in said])


async def lists_page(album: Album) -> str:
    """Draw what commands answer that only look."""
    shown: list[Message | str] = []
    for command, reply in lists(str(album.ben.id), str(album.brand.id)):
        person = album.olga if command == "settings" else album.mia
        shown += [f"{person.name}: /{command}", await album.answer(person, reply, command)]
    return album.draw(shown)


async def refusals_page(album: Album) -> str:
    """Draw every kind of no."""
    shown: list[Message | str] = []
    for prompt, reply in refusals():
        answered = await album.answer(album.mia, reply, "imagine", prompt=prompt)
        shown += [f"mia: /imagine {prompt}", answered]
    for reply in (waiting(str(album.mia.id)), failed(str(album.mia.id))):
        shown.append(await album.post(reply))
    return album.draw(shown)


async def forms_page(album: Album) -> str:
    """Draw the forms that commands and buttons open."""
    mia, studio = album.mia, album.harness.studio
    caption_card = await album.post(captions(str(mia.id))[0])
    ready = await album.post(training(album.told, str(mia.id))[-1])
    settings = await album.answer(
        album.olga, lists(str(album.ben.id), str(album.brand.id))[-1][1], "settings"
    )
    opened = [
        await mia.slash(studio, "train", type="product", name="Summer Shoes"),
        await mia.press(caption_card, "Edit captions"),
        await mia.press(ready, "Try it"),
        await mia.press(ready, "Delete"),
        await album.olga.press(settings, "Change"),
    ]
    drawing = album.drawing()
    return whole_page(f'<div class="forms">{"".join(_drawn(each, drawing) for each in opened)}</div>')


def _drawn(opened: Interaction, drawing: Drawing) -> str:
    assert opened.modal is not None
    return form(opened.modal, drawing)


async def everything_page(album: Album) -> str:
    """Draw one example of everything that can be said."""
    shown = [await album.post(example.reply) for example in examples(album.harness.picture)]
    return album.draw(shown)


PAGES: dict[str, Page] = {
    "training": training_page,
    "review": review_page,
    "before-the-start": before_the_start_page,
    "imagine": imagine_page,
    "lists": lists_page,
    "refusals": refusals_page,
    "forms": forms_page,
}
WIDE = ("forms",)
CHECKED_ONLY = {"everything": everything_page}
"""Drawn to be looked at by whoever changes how something reads; not for the documentation."""


class ToldDoors(NoDoors):
    """What forms are told of the story's workspace."""

    def __init__(self) -> None:
        self.approvers: tuple[str, ...] = ()

    async def handles(self, workspace: str) -> Sequence[KnownModel]:
        return (KnownModel("summer-shoes", "Summer Shoes", ModelKind.PRODUCT, is_ready=True),)

    async def draft(self, workspace: str, draft_id: str) -> OpenDraft | None:
        return OpenDraft("1", CAPTIONS)

    async def in_charge(self, workspace: str) -> PeopleInCharge:
        return PeopleInCharge(2, self.approvers, (), has_private_threads=True)


@asynccontextmanager
async def opened_album(
    fake: FakeDiscord, folder: Path, pictures: Callable[[Blobs], Awaitable[Told]] = draw
) -> AsyncGenerator[Album]:
    """Have the front-end up at this Discord, with the story's pictures in the store."""
    async with DiscordHarness.open(folder, fake) as harness:
        doors = ToldDoors()
        harness.doors = doors
        await harness.restart()
        await fake.until(fake.commands)
        album = Album(harness, await pictures(harness.blobs))
        doors.approvers = (str(album.brand.id), str(album.ben.id))
        yield album


async def write_pages(names: Collection[str], folder: Path) -> None:
    """Write these pages as HTML."""
    async with strict_discord(WallClock(), specs_folder()) as fake:
        with tempfile.TemporaryDirectory(prefix="lk-") as data_dir:
            async with opened_album(fake, Path(data_dir)) as album:
                for name in names:
                    page = await (PAGES | CHECKED_ONLY)[name](album)
                    (folder / f"{name}.html").write_text(page, encoding="utf-8")


def main() -> None:
    """Read the command line, write the pages, and photograph them."""
    run(
        write_pages,
        PAGES,
        CHECKED_ONLY,
        specs_folder(),
        platform="discord",
        described=__doc__,
        widths_px=dict.fromkeys(WIDE, WIDE_PX),
    )


if __name__ == "__main__":
    main()
