"""A bot without a platform: real rows and files, the memory front-end, and a worker played by the test."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from bot.commands import answer
from bot.context import Context
from bot.delivery import Delivery
from bot.replies import Reply
from bot.requests import Attachment, ButtonPress, Reaction, Requester, ThreadAddress, TrainRequest
from core.queue.dispatch import Dispatch
from core.queue.jobs import Claim, Jobs
from core.queue.specs import GenerateResult, MadePicture, TrainResult
from core.rules.kinds import ModelKind
from core.rules.plans import load_plans
from core.rules.turns import lane_of
from core.settings import Settings
from core.store.blobs import Blobs
from core.store.records import JobKind, WorkspaceRecord, new_id
from tests.conftest import MovableClock
from tests.fakes.memory_frontend import MemoryFrontend

THREAD = ThreadAddress("memory", "t1")


class Chat:
    """A thread as its people see it: ask, press, react, and read what stands there."""

    def __init__(self, context: Context, frontend: MemoryFrontend) -> None:
        self.context = context
        self.frontend = frontend
        self.delivery = Delivery(context)

    def person(self, name: str = "ana", *, is_admin: bool = False, workspace: str = "team") -> Requester:
        return Requester("memory", workspace, name, name.title(), THREAD, is_admin)

    async def ask(self, request: Any, request_id: str | None = None) -> Reply | None:
        return await answer(self.context, request, request_id or new_id())

    async def train(
        self, *paths: Path, kind: str = "product", name: str = "Red Mug", **more: Any
    ) -> Reply | None:
        attachments = tuple(Attachment(path.name, str(path)) for path in paths)
        more.setdefault("class_noun", "mug")
        requester = more.pop("requester", self.person())
        return await self.ask(TrainRequest(requester, ModelKind(kind), name, attachments, **more))

    def card(self, kind: type[Any]) -> Any:
        found = self.frontend.of_type(kind)
        assert len(found) == 1, (
            f"expected one {kind.__name__}, the thread has {list(self.frontend.messages.values())}"
        )
        return found[0]

    async def press(self, label: str, requester: Requester | None = None) -> Reply | None:
        for reply in reversed(self.frontend.messages.values()):
            for button in getattr(reply, "buttons", ()):
                if button.label == label:
                    return await self.ask(ButtonPress(requester or self.person(), button.action))
        raise AssertionError(f"no button {label} in {list(self.frontend.messages.values())}")

    async def ask_button(self, action: str) -> Reply | None:
        return await self.ask(ButtonPress(self.person(), action))

    async def react(
        self, emoji: str, message: str, requester: Requester | None = None, **more: Any
    ) -> Reply | None:
        return await self.ask(Reaction(requester or self.person(), message, emoji, **more))

    async def claim(self) -> Claim:
        for kind in JobKind:
            claim = await self.context.jobs.claim(lane_of(kind, "tiny"), worker_id="w")
            if claim is not None:
                return claim
        raise AssertionError("nothing is in line")

    async def work(self) -> None:
        """Do the next job as a worker would, with made-up files."""
        claim = await self.claim()
        key = await self.context.blobs.put(claim.spec.workspace_id, claim.job_id.encode(), ".png")
        if claim.kind is JobKind.TRAIN:
            await self.context.jobs.finish(claim, TrainResult(key, "a" * 64, key, 20, 12.0, likeness=0.8))
        else:
            pictures = tuple(MadePicture(key, claim.spec.seed + n, 64, 64) for n in range(claim.spec.count))
            await self.context.jobs.finish(claim, GenerateResult(pictures))
        await self.delivery.deliver_due()

    async def train_to_the_end(self, *paths: Path, **more: Any) -> None:
        """From photos to a model that is ready."""
        assert await self.train(*paths, **more) is None
        await self.press("Looks right")
        await self.press("Start")
        await self.work()

    async def set_plan(self, plan: str) -> None:
        await self.context.workspace_of(self.person())
        await WorkspaceRecord.all().update(plan=plan)


@pytest.fixture
async def chat(
    dispatch: Dispatch, settings: Settings, blobs: Blobs, clock: MovableClock
) -> AsyncIterator[Chat]:
    frontend = MemoryFrontend()
    with ThreadPoolExecutor(1) as threads:
        context = Context(
            settings=settings,
            plans=load_plans(),
            blobs=blobs,
            dispatch=dispatch,
            jobs=Jobs(settings, dispatch, clock, clock.monotonic),
            frontends={"memory": frontend},
            photo_processes=threads,
            clock=clock,
        )
        yield Chat(context, frontend)


PhotoMaker = Callable[..., Path]


@pytest.fixture
def photo(tmp_path: Path) -> PhotoMaker:
    """Makes a picture file: sharp random shapes, one arrangement a seed."""

    def make(seed: int = 0, *, side: int = 1024, blur: float = 0, name: str = "") -> Path:
        generator = np.random.default_rng(seed)
        cells = generator.integers(0, 255, (24, 24, 3), dtype=np.uint8)
        image = Image.fromarray(cells).resize((side, side), Image.Resampling.NEAREST)
        if blur:
            image = image.filter(ImageFilter.GaussianBlur(blur))
        data = io.BytesIO()
        image.save(data, "JPEG", quality=92)
        path = tmp_path / (name or f"photo-{seed}-{blur:g}.jpg")
        path.write_bytes(data.getvalue())
        return path

    return make
