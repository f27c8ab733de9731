"""Reading what people attached, from Slack's file servers and from nowhere else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from bot.chat.servers import Servers
from bot.frontend import AttachmentGone, FrontendUnavailable
from bot.requests import Attachment
from bot.slack.addresses import FileAddress
from bot.slack.clients import Clients
from bot.slack.limits import FILE_LOOK_SECONDS
from bot.slack.web import Payload, Refusal, Web
from core.feedback.decode import shown_name

log = logging.getLogger(__name__)

FILE_HOSTS = frozenset(("files.slack.com",))
"""docs.slack.dev, File object: where `url_private` leads."""
PAGE_STARTS = (b"<!doctype html", b"<html")
_GONE = frozenset((403, 404, 410))
_HIDDEN = frozenset(("hidden_by_limit", "tombstone"))
"""docs.slack.dev, File object, mode: deleted, or beyond what the workspace keeps."""


class Files:
    """Where attachments may be read from."""

    def __init__(
        self,
        web: Web,
        clients: Clients,
        test_base: str = "",
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Prepare.

        Args:
            web: Slack's Web API.
            clients: Know the tokens that files are given for.
            test_base: The address of a Slack played by a test, or empty.
            wait: Passes the time, in seconds.
        """
        self._web = web
        self._clients = clients
        self._servers = Servers(FILE_HOSTS, test_base)
        self._wait = wait

    async def read(self, attachment: Attachment, max_bytes: int) -> bytes:
        """Return a file's first `max_bytes`.

        Raises:
            AttachmentGone: Slack does not give it to us, or it never was Slack's.
            FrontendUnavailable: It cannot be read now.
            StoreUnavailable: The token cannot be read now.
        """
        try:
            address = FileAddress.read(attachment.address)
        except ValueError as error:
            raise _gone(attachment) from error
        tried = address.url
        if tried:
            content = await self._fetch(address.workspace, tried, attachment, max_bytes)
            if content is not None and not _is_page(content):
                return content
        # docs.slack.dev, File object, file_access: what comes from elsewhere, or is not done, has to be asked for.
        # And who is not known gets a page to log in at, with a status that says that all is well.
        file, was_unfinished = await self._described(address, attachment)
        is_page = str(file["mimetype"]).startswith("text/")
        if file["url_private"] != tried or is_page or was_unfinished:
            content = await self._fetch(address.workspace, str(file["url_private"]), attachment, max_bytes)
            if content is not None and (is_page or not _is_page(content)):
                return content
        log.warning("action=file_not_given")
        raise AttachmentGone(f"Slack did not hand me {shown_name(attachment.filename)}. Attach it again.")

    async def _described(self, address: FileAddress, attachment: Attachment) -> tuple[Payload, bool]:
        """Return what Slack knows of a file, once it is there to be read, and whether that had to be waited for."""
        if not address.file_id:
            raise _gone(attachment)
        for looks, pause_seconds in enumerate((*FILE_LOOK_SECONDS, None)):
            try:
                file = await self._web.file(address.workspace, address.file_id)
            except Refusal as refusal:
                raise self._refused(refusal, attachment) from refusal
            if file.get("mode") in _HIDDEN:
                raise _gone(attachment)
            if file.get("url_private") and file.get("mimetype"):
                return file, looks > 0
            if pause_seconds is not None:
                await self._wait(pause_seconds)
        raise FrontendUnavailable("Slack is not done with a file")

    def _refused(self, refusal: Refusal, attachment: Attachment) -> AttachmentGone:
        if refusal.code == "missing_scope":
            log.error("action=file_scope_missing scope=%s", refusal.needed or "files:read")
            return AttachmentGone(
                f"I may not read files here: the app lacks the permission {refusal.needed or 'files:read'}. "
                "Ask an admin to install it again, then attach the photos once more."
            )
        log.info("action=file_refused code=%s", refusal.code)
        return _gone(attachment)

    async def _fetch(
        self, workspace: str, address: str, attachment: Attachment, max_bytes: int
    ) -> bytes | None:
        """Return the first bytes behind an address, or None where Slack sends us elsewhere: to log in."""
        url = self._servers.checked(address)
        if url is None:
            raise _gone(attachment)
        client = await self._clients.of(workspace)
        fetched = await self._servers.fetch(url, max_bytes, {"Authorization": f"Bearer {client.token}"})
        if 300 <= fetched.status < 400 or fetched.status == 401:
            return None
        if fetched.status in _GONE:
            raise _gone(attachment)
        if fetched.status != 200:
            raise FrontendUnavailable(f"the file server answers {fetched.status}")
        return fetched.content


def _is_page(content: bytes) -> bool:
    return content[:64].lstrip().lower().startswith(PAGE_STARTS)


def _gone(attachment: Attachment) -> AttachmentGone:
    name = shown_name(attachment.filename)
    return AttachmentGone(f"{name} is no longer there on Slack. Attach it again.")
