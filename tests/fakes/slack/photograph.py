"""Pictures of everything for the documentation: `python -m tests.fakes.slack.photograph docs/slack`.

The story of `told` goes through the real front-end to the fake, and what the fake stored is drawn as a page and
photographed. The pages can be made without a browser; the photographs need chromium.
"""

from __future__ import annotations

import tempfile
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from pathlib import Path

from bot.replies import Reply
from core.settings import Settings
from core.store.database import migrate, open_database
from tests.conftest import MovableClock
from tests.contracts.reply_examples import examples
from tests.fakes.discord.fixtures import specs_folder
from tests.fakes.photograph import run
from tests.fakes.slack.album import Album, opened_album
from tests.fakes.slack.fixtures import strict_slack
from tests.fakes.slack.messages import Message
from tests.fakes.slack.page import aside, divided, place, whole_page
from tests.fakes.told import (
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
from tests.fakes.told_endings import cancelled, closed, deleting, photos, settled

Page = Callable[[Album], Awaitable[str]]
LATER = "the same message, later"


async def training_page(album: Album) -> str:
    """Draw a training: the message that heads the thread at four moments, and the news below it."""
    *card, ready = training(album.told, album.mia.id)
    root = await album.asked_to_train("Summer Shoes", "product", "sneaker")
    moments = await _moments(album, root, card)
    await album.post(ready, root)
    return whole_page(place("Thread", "# studio") + moments + album.replies(root))


async def review_page(album: Album) -> str:
    """Draw a review in which one photo was decided by a reaction."""
    root = await album.asked_to_train("Summer Shoes", "product", "sneaker")
    card, soft, cut = [await album.post(reply, root) for reply in review(album.told, album.mia.id)]
    await album.mia.react(soft, "x")
    decided_card, decided_photo = after_a_decision(album.told, album.mia.id)
    await album.edit(card, decided_card)
    await album.edit(soft, decided_photo)
    assert cut.thread is root
    return whole_page(place("Thread", "# studio") + album.message(root) + album.replies(root))


async def before_the_start_page(album: Album) -> str:
    """Draw what is asked about a real person, then the captions, then the question before the start."""
    root = await album.asked_to_train("Ada", "character", "woman")
    card = [*consent(album.mia.id), *captions(album.mia.id)]
    return whole_page(place("Thread", "# studio") + await _moments(album, root, card))


async def _moments(album: Album, root: Message, card: Collection[Reply]) -> str:
    """Say one thing after the other on the message that heads a thread, and draw each."""
    drawn: list[str] = []
    for reply in card:
        if drawn:
            album.pass_time(120)
            await album.edit(root, reply)
            drawn.append(divided(LATER))
        else:
            assert await album.post(reply, root) is root
        drawn.append(album.message(root))
    return "".join(drawn)


async def imagine_page(album: Album) -> str:
    """Draw a prompt on its way to pictures: in the channel, then the thread of its message."""
    two = replace(album.told, painted=album.told.painted[:2])
    queued, painted = imagine(two, album.mia.id)
    typed = "@ada and @summer-shoes in the park count: 2"
    asked = aside(f"mia: /imagine {typed}")
    await album.asked(album.mia, "imagine", typed)
    card = await album.post(queued)
    before = album.message(card)
    album.pass_time(60)
    await album.edit(card, painted)
    after = album.message(card, counts_replies=True)
    return whole_page(
        place("# studio")
        + asked
        + before
        + divided(LATER)
        + after
        + place("Thread", "# studio, below this message")
        + album.replies(card)
    )


async def lists_page(album: Album) -> str:
    """Draw what commands answer that only look, and those that delete."""
    erasing, erased = deleting()
    shown: list[Message | str] = []
    for command, reply in lists(album.ben.id, album.brand.id, has_private_threads=False):
        person = album.olga if command == "settings" else album.mia
        then = ", and saves the form" if command == "settings" else ""
        shown += [f"{person.name}: /{command}{then}", await album.answer(person, reply, command)]
    shown += [
        "mia: /edit @summer-shoes",
        await album.answer(album.mia, photos(album.told), "edit", "@summer-shoes"),
    ]
    for typed, reply in (("nior", erasing), ("noir", erased)):
        answered = await album.answer(album.mia, reply, "delete", "@noir", confirmation=typed)
        shown += [f"mia: /delete @noir, and types {typed}", answered]
    return whole_page(album.channel(shown))


async def refusals_page(album: Album) -> str:
    """Draw every kind of no, and what ended without what was asked for."""
    shown: list[Message | str] = []
    for prompt, reply in refusals():
        answered = await album.answer(album.mia, reply, "imagine", prompt)
        shown += [f"mia: /imagine {prompt}", answered]
    mia = album.mia.id
    card = await album.post(waiting(mia))
    late = await album.answer_press(album.mia, card, "Cancel", settled())
    shown += [card, "mia presses Cancel a second time", late]
    shown += [await album.post(reply) for reply in (failed(mia), cancelled(mia), closed(mia))]
    return whole_page(album.channel(shown))


async def forms_page(album: Album) -> str:
    """Draw the forms that commands and buttons open."""
    mia, told = album.mia, album.told
    captions_card, ready = await album.post(captions(mia.id)[0]), await album.post(training(told, mia.id)[-1])
    settings = await album.answer(
        album.olga, lists(album.ben.id, album.brand.id, has_private_threads=False)[-1][1], "settings"
    )
    of_model = await album.answer(mia, photos(told), "edit", "@summer-shoes")
    opened = [
        await mia.slash(album.studio, "/train", "product Summer Shoes"),
        await mia.press(captions_card, "Edit captions"),
        await mia.press(ready, "Try it"),
        await mia.slash(album.studio, "/edit"),
        await mia.press(of_model, "Remove photos"),
        await mia.press(ready, "Delete"),
        await album.olga.press(settings, "Change"),
    ]
    return whole_page("".join([album.form(await each.opened()) for each in opened]))


async def home_page(album: Album) -> str:
    """Draw the app's Home tab."""
    return whole_page(place(album.fake.app.name) + album.home(await album.mia.open_home()))


async def everything_page(album: Album) -> str:
    """Draw one example of everything that can be said."""
    return whole_page(
        album.channel([await album.post(example.reply) for example in examples(album.harness.picture)])
    )


PAGES: dict[str, Page] = {
    "training": training_page,
    "review": review_page,
    "before-the-start": before_the_start_page,
    "imagine": imagine_page,
    "lists": lists_page,
    "refusals": refusals_page,
    "forms": forms_page,
    "home": home_page,
}
CHECKED_ONLY = {"everything": everything_page}
"""Drawn to be looked at by whoever changes how something reads; not for the documentation."""


async def write_pages(names: Collection[str], folder: Path) -> None:
    """Write these pages as HTML, each of a Slack of its own: its clock stands but for what the story lets pass."""
    with tempfile.TemporaryDirectory(prefix="lk-") as data_dir:
        settings = Settings(_env_file=None, DATABASE_URL="", data_dir=Path(data_dir))  # pyright: ignore[reportCallIssue] - an alias
        await migrate(settings)
        async with open_database(settings):
            for name in names:
                async with (
                    strict_slack(MovableClock(), specs_folder()) as fake,
                    opened_album(fake, Path(data_dir)) as album,
                ):
                    page = await (PAGES | CHECKED_ONLY)[name](album)
                    (folder / f"{name}.html").write_text(page, encoding="utf-8")


def main() -> None:
    """Read the command line, write the pages, and photograph them."""
    run(write_pages, PAGES, CHECKED_ONLY, specs_folder(), platform="slack", described=__doc__)


if __name__ == "__main__":
    main()
