"""Reading what people attached: from Slack alone, with the workspace's token, and never a page in its place."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.frontend import AttachmentGone, FrontendUnavailable
from bot.http_site import HttpSite
from bot.requests import Attachment
from bot.slack.addresses import FileAddress
from bot.slack.files import Files
from core.store.blobs import Blobs
from tests.bot.slack.outbound import Outbound
from tests.fakes.slack import RESET_BEFORE, TIMEOUT, FakeSlack, File, refusal, server_error
from tests.fakes.slack.faults import Fault, Trouble
from tests.fakes.slack.files import StoredFile
from tests.fakes.slack_tests.pictures import picture

PHOTO = picture(size=(64, 48))


@pytest.fixture
async def slack(fake_slack: FakeSlack, blobs: Blobs) -> AsyncIterator[Outbound]:
    async with Outbound.open(fake_slack, blobs) as outbound:
        yield outbound


async def sent(slack: Outbound, content: bytes = PHOTO, name: str = "photo.png") -> StoredFile:
    message = await slack.mia.say(slack.studio, "Look.", files=[File(name, content)])
    return message.files[0]


def attached(slack: Outbound, file: StoredFile, *, url: str | None = None) -> Attachment:
    address = FileAddress(slack.workspace, file.id, file.url_private if url is None else url)
    return Attachment(file.name, address.written())


async def test_a_file_is_read_with_the_workspaces_token(slack: Outbound) -> None:
    assert await slack.files.read(attached(slack, await sent(slack)), 10_000_000) == PHOTO


async def test_no_more_is_read_than_is_wanted(slack: Outbound) -> None:
    assert await slack.files.read(attached(slack, await sent(slack)), 10) == PHOTO[:10]


async def test_without_the_scope_the_person_learns_what_is_missing(slack: Outbound) -> None:
    photo = attached(slack, await sent(slack))
    slack.fake.faults.take_scope("files:read")
    with pytest.raises(AttachmentGone, match="files:read"):
        await slack.files.read(photo, 10_000_000)


async def test_a_token_that_was_taken_back_is_a_matter_for_later(slack: Outbound) -> None:
    photo = attached(slack, await sent(slack))
    await slack.fake.faults.revoke_token()
    with pytest.raises(FrontendUnavailable):
        await slack.files.read(photo, 10_000_000)


async def test_a_file_that_was_deleted_is_gone(slack: Outbound) -> None:
    file = await sent(slack)
    photo = attached(slack, file)
    file.is_deleted = True
    with pytest.raises(AttachmentGone, match=r"photo\.png is no longer there"):
        await slack.files.read(photo, 10_000_000)


async def test_a_web_page_that_somebody_attached_is_handed_on_as_it_is(slack: Outbound) -> None:
    page = b"<!DOCTYPE html><html><body>shoes</body></html>"
    file = await sent(slack, page, "page.html")

    assert await slack.files.read(attached(slack, file), 10_000_000) == page


async def test_a_file_without_an_address_is_asked_for(slack: Outbound) -> None:
    file = await sent(slack)

    assert await slack.files.read(attached(slack, file, url=""), 10_000_000) == PHOTO


async def test_a_file_that_has_moved_is_read_from_where_it_is(slack: Outbound) -> None:
    file, other = await sent(slack), await sent(slack, b"other")
    other.is_deleted = True

    assert await slack.files.read(attached(slack, file, url=other.url_private), 10_000_000) == PHOTO


async def test_a_file_that_slack_is_not_done_with_is_waited_for(slack: Outbound) -> None:
    file = await sent(slack)
    file.polls_left = 3

    assert await slack.files.read(attached(slack, file, url=""), 10_000_000) == PHOTO
    assert slack.waits == [0.5, 1.0]


async def test_a_file_that_slack_is_never_done_with_is_left_for_later(slack: Outbound) -> None:
    file = await sent(slack)
    file.polls_left = 3
    slack.fake.faults.never_accessible()
    with pytest.raises(FrontendUnavailable):
        await slack.files.read(attached(slack, file, url=""), 10_000_000)


@pytest.mark.parametrize("fault", [(server_error(500), 1), (RESET_BEFORE, 2), (server_error(429), 1)])
async def test_a_file_server_that_is_unwell_is_asked_later(slack: Outbound, fault) -> None:
    photo = attached(slack, await sent(slack))
    trouble, times = fault  # of a line that is cut aiohttp makes a second try by itself
    slack.fake.faults.next("download", trouble, times)
    with pytest.raises(FrontendUnavailable):
        await slack.files.read(photo, 10_000_000)

    assert await slack.files.read(photo, 10_000_000) == PHOTO


async def test_a_file_server_that_says_nothing_is_not_waited_for_for_ever(
    slack: Outbound, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.chat.servers.SILENCE_SECONDS", 0.1)
    slack.fake.faults.next("download", TIMEOUT)
    with pytest.raises(FrontendUnavailable):
        await slack.files.read(attached(slack, await sent(slack)), 10_000_000)
    slack.fake.faults.release()


async def test_a_file_that_is_hidden_is_gone(slack: Outbound) -> None:
    file = await sent(slack)
    slack.fake.faults.next("files.info", refusal("file_not_found"))
    with pytest.raises(AttachmentGone):
        await slack.files.read(attached(slack, file, url=""), 10_000_000)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/files-pri/T1-F1/photo.png",
        "http://files.slack.com/files-pri/T1-F1/photo.png",
        "https://files.slack.com:8443/files-pri/T1-F1/photo.png",
        "https://mia@files.slack.com/files-pri/T1-F1/photo.png",
        "https://files.slack.com.example.org/photo.png",
        "file:///etc/passwd",
        "//[",
    ],
)
async def test_nothing_is_read_from_elsewhere(slack: Outbound, url: str) -> None:
    file = await sent(slack)
    with pytest.raises(AttachmentGone):
        await slack.files.read(attached(slack, file, url=url), 10_000_000)


async def test_what_is_no_address_is_gone(slack: Outbound) -> None:
    with pytest.raises(AttachmentGone):
        await slack.files.read(Attachment("photo.png", "nonsense"), 10_000_000)


@pytest.fixture
async def elsewhere() -> AsyncIterator[str]:
    """A server that sends everybody on."""

    async def send_on(request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound("http://127.0.0.1:1/steal")

    application = web.Application()
    application.router.add_get("/{path:.*}", send_on)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    site = HttpSite(runner, "127.0.0.1", 0)
    await site.start()
    yield site.name
    await runner.cleanup()


async def test_a_redirect_is_not_followed_and_the_token_stays_here(slack: Outbound, elsewhere: str) -> None:
    file = await sent(slack)
    files = Files(slack.web, slack.clients, elsewhere, wait=slack.wait)
    with pytest.raises(AttachmentGone):
        await files.read(attached(slack, file, url=f"{elsewhere}/photo.png"), 10_000_000)


async def test_what_slack_does_not_hand_over_is_asked_for_again(slack: Outbound) -> None:
    """Of somebody else's file Slack may tell, and give a page to log in at all the same."""
    file = await sent(slack)
    page = Fault(Trouble.ANSWER, 200, None)
    slack.fake.faults.next("download", page)
    with pytest.raises(AttachmentGone, match="did not hand me"):
        await slack.files.read(attached(slack, file), 10_000_000)
