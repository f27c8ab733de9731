"""Bringing pictures to Slack: for a message's own blocks, seen by nobody elsewhere, or as one message of files."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import PurePath

import aiohttp

from bot.chat.fitting import cut
from bot.frontend import FrontendUnavailable
from bot.replies import Picture
from bot.slack.addresses import Place
from bot.slack.layout import ShownPicture
from bot.slack.limits import (
    FILE_LOOK_SECONDS,
    MAX_FILE_ALT_CHARACTERS,
    MAX_FILE_TITLE_CHARACTERS,
    REQUEST_PATIENCE_SECONDS,
)
from bot.slack.pictures import FittedPicture, fitted, mark_of
from bot.slack.web import Payload, Refusal, Unclear, Web
from core.store.blobs import Blobs

log = logging.getLogger(__name__)

_SET_MARK = re.compile(r"-([0-9a-f]{12})\.(?:png|jpg|gif)")


def set_mark(channel: str, message: str, pictures: Iterable[Picture]) -> str:
    """Return what marks the files of these pictures that belong to this message: it is part of their names.

    A message of files has no room for a nonce. So a process that was killed after it finds it by its files.
    """
    parts = (channel, message, *(picture.blob_key for picture in pictures))
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()[:12]


def set_mark_in(filename: str) -> str:
    """Return the mark in a file's name, or nothing."""
    found = _SET_MARK.search(filename)
    return found[1] if found else ""


class Uploads:
    """Our files on Slack."""

    def __init__(
        self,
        web: Web,
        blobs: Blobs,
        *,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
        patience_seconds: float = REQUEST_PATIENCE_SECONDS,
    ) -> None:
        self._web = web
        self._blobs = blobs
        self._wait = wait
        self._patience_seconds = patience_seconds

    async def for_blocks(
        self,
        workspace: str,
        pictures: Sequence[Picture],
        known: Mapping[str, str],
        look_seconds: Sequence[float] = FILE_LOOK_SECONDS,
    ) -> tuple[ShownPicture, ...]:
        """Return pictures that a block may show now; one that Slack is not done with in time is left out.

        Args:
            workspace: Where they are shown.
            pictures: Of the store.
            known: Ids of files that are there already, by the picture's mark: they are not uploaded again.
            look_seconds: Between looks whether Slack is done with them.

        Raises:
            Refusal: The app may not upload.
            FrontendUnavailable: Slack cannot take them now.
        """
        new = [picture for picture in pictures if mark_of(picture) not in known]
        files = await fitted(new, self._blobs)
        ids = {file.mark: await self._upload(workspace, file, file.filename) for file in files}
        if ids:
            await self._complete(workspace, [{"id": file_id} for file_id in ids.values()])
        ready = {
            mark: file_id
            for mark, file_id in ids.items()
            if await self.is_ready(workspace, file_id, look_seconds)
        }
        there = {**known, **ready}
        marked = ((mark_of(picture), picture.alt) for picture in pictures)
        return tuple(ShownPicture(mark, there[mark], alt) for mark, alt in marked if mark in there)

    async def share(
        self, place: Place, pictures: Sequence[Picture], mark: str, words: str = ""
    ) -> tuple[str, ...]:
        """Post pictures into a thread as one message of files, and return their ids.

        Args:
            place: The thread.
            pictures: Of the store; where all were erased meanwhile, nothing is posted.
            mark: As from `set_mark`.
            words: What stands above the files.

        Raises:
            Refusal: The thread does not take them, or the app may not upload.
            FrontendUnavailable: Slack cannot take them now.
        """
        files = await fitted(pictures, self._blobs)
        if not files:
            return ()
        ids = [await self._upload(place.workspace, file, _marked(file.filename, mark)) for file in files]
        titled = [
            {"id": file_id, "title": cut(file.alt, MAX_FILE_TITLE_CHARACTERS) or file.filename}
            for file_id, file in zip(ids, files, strict=True)
        ]
        await self._complete(place.workspace, titled, place, words)
        return tuple(ids)

    async def is_ready(
        self, workspace: str, file_id: str, look_seconds: Sequence[float] = FILE_LOOK_SECONDS
    ) -> bool:
        """Wait until Slack is done with a file, and tell whether it is."""
        for pause_seconds in (*look_seconds, None):
            try:
                # docs.slack.dev, files.completeUploadExternal: what Slack has not worked out yet is empty.
                if (await self._web.file(workspace, file_id)).get("mimetype"):
                    return True
            except Refusal as refusal:
                # Without the scope it cannot be known: whoever shows the file sees.
                return refusal.code == "missing_scope"
            if pause_seconds is not None:
                await self._wait(pause_seconds)
        log.warning("action=file_not_ready")
        return False

    async def discard(self, workspace: str, file_ids: Iterable[str]) -> None:
        """Take files away that no message shows any more, where there is time for that."""
        for file_id in file_ids:
            if not self._web.pace.has_plenty("files.delete", workspace):
                return
            try:
                await self._web.delete_file(workspace, file_id)
            except (Refusal, FrontendUnavailable):
                log.info("action=file_not_discarded")

    async def _upload(self, workspace: str, file: FittedPicture, filename: str) -> str:
        """Bring one file's bytes to Slack, where nobody sees them yet. Twice does no harm."""
        try:
            return await self._upload_once(workspace, file, filename)
        except Unclear:
            return await self._upload_once(workspace, file, filename)

    async def _upload_once(self, workspace: str, file: FittedPicture, filename: str) -> str:
        alt = file.alt[:MAX_FILE_ALT_CHARACTERS]
        given: Payload = await self._web.upload_address(workspace, filename, len(file.content), alt)
        timeout = aiohttp.ClientTimeout(self._patience_seconds)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(given["upload_url"], data=file.content) as response,
            ):
                if response.status != 200:
                    raise Unclear(f"the upload was answered with {response.status}")
        except (aiohttp.ClientError, OSError, TimeoutError) as fault:
            raise Unclear(f"an upload was cut off: {type(fault).__name__}") from fault
        return str(given["file_id"])

    async def _complete(
        self, workspace: str, files: Sequence[Payload], place: Place | None = None, words: str = ""
    ) -> None:
        """Finish uploads once: where no answer came, a file tells whether it was done."""
        channel, thread = (place.channel, place.thread) if place else ("", "")
        try:
            await self._web.complete_upload(workspace, files, channel=channel, thread=thread, words=words)
        except Unclear:
            if not await self._is_complete(workspace, files[0]["id"]):
                await self._web.complete_upload(workspace, files, channel=channel, thread=thread, words=words)

    async def _is_complete(self, workspace: str, file_id: str) -> bool:
        try:
            await self._web.file(workspace, file_id)
        except Refusal as refusal:
            if refusal.code == "file_not_found":
                return False
            raise
        return True


def _marked(filename: str, mark: str) -> str:
    path = PurePath(filename)
    return f"{path.stem}-{mark}{path.suffix}"
