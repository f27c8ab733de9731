"""A look at a draft's photos: one photo at a time, between the steps of whatever else the device does."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

from core.errors import BlobMissing
from core.feedback.vision import to_text
from core.queue.specs import FeaturesResult, FeaturesSpec, SeenPhoto
from gpu_worker.engine_thread import EngineThread
from gpu_worker.vision.eye import Eye, open_picture

log = logging.getLogger(__name__)


async def look_at_photos(
    spec: FeaturesSpec, eye: Eye, thread: EngineThread, get: Callable[[str], Awaitable[bytes]]
) -> FeaturesResult:
    """Look at each photo; one that was erased meanwhile is left out, and nobody asks for it any more.

    Args:
        spec: What is wanted.
        eye: What looks.
        thread: Whose device it uses: pictures wait for one photo at most.
        get: Reads a file of the store.
    """
    seen: list[SeenPhoto] = []
    for photo in spec.photos:
        try:
            data = await get(photo.blob_key)
        except BlobMissing:
            log.info("action=photo_gone draft=%s", spec.draft_id)
            continue
        picture = await asyncio.to_thread(open_picture, data)
        seen.append(SeenPhoto(photo.sha256, to_text(await thread.call(eye.look, picture))))
    return FeaturesResult(spec.provider, tuple(seen))
