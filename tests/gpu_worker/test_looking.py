"""A worker's look at photos, and what must not happen meanwhile: pictures that wait, photos that were erased."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from functools import partial
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from PIL import Image

from core.errors import BlobMissing, ConfigurationError
from core.feedback.vision import Seen
from core.queue.dispatch import Dispatch
from core.queue.specs import FeaturesSpec, PhotoToSee
from core.settings import Settings
from core.store.blobs import Blobs
from gpu_worker.engine import Engine
from gpu_worker.engine_thread import EngineThread
from gpu_worker.looking import look_at_photos
from gpu_worker.main import Worker, lanes_for
from gpu_worker.vision.eye import Eye, load_eye
from tests.gpu_worker.specs import photo

SPEC = FeaturesSpec("w", "d", "p-1", (PhotoToSee("one", "1" * 64), PhotoToSee("two", "2" * 64)), "tiny")
MOST_SECONDS = 30


class SlowEye:
    """Looks for as long as a test wants."""

    def __init__(self, done: list[str]) -> None:
        self.done = done
        self.has_begun = threading.Event()
        self.may_end = threading.Event()

    def look(self, picture: Image.Image) -> Seen:
        self.has_begun.set()
        assert self.may_end.wait(MOST_SECONDS)
        self.done.append("photo")
        return Seen(np.ones(1, dtype=np.float32), None)


@pytest.fixture
async def thread() -> AsyncIterator[EngineThread]:
    opened = EngineThread(1)
    yield opened
    await opened.stop()


async def get_photo(_: str) -> bytes:
    return photo()


async def test_a_step_of_a_picture_waits_for_one_photo_and_not_for_the_set(thread: EngineThread) -> None:
    done: list[str] = []
    eye = SlowEye(done)
    looking = asyncio.create_task(look_at_photos(SPEC, cast(Eye, eye), thread, get_photo))
    assert await asyncio.to_thread(eye.has_begun.wait, MOST_SECONDS)
    step = asyncio.create_task(thread.call(done.append, "step"))
    await asyncio.wait([step], timeout=0)  # it stands in line now, while the first photo is looked at
    eye.may_end.set()
    await step
    await looking
    assert done == ["photo", "step", "photo"]


async def test_a_photo_that_was_erased_is_left_out(thread: EngineThread) -> None:
    async def get(key: str) -> bytes:
        if key == "one":
            raise BlobMissing(key)
        return photo()

    eye = SlowEye([])
    eye.may_end.set()
    result = await look_at_photos(SPEC, cast(Eye, eye), thread, get)
    assert [seen.sha256 for seen in result.photos] == ["2" * 64]
    assert result.provider == SPEC.provider


async def test_a_worker_whose_vision_cannot_be_loaded_does_not_start(
    settings: Settings, dispatch: Dispatch, blobs: Blobs
) -> None:
    named = settings.model_copy(update={"vision_model": "/no/such/model"})
    worker = Worker(named, dispatch, blobs, lanes_for("tiny", 2**40))
    with pytest.raises(ConfigurationError, match="LIKENESS_VISION_MODEL"):
        await worker.run(lambda: cast(Engine, SimpleNamespace()), partial(load_eye, named))
