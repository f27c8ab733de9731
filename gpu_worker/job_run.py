"""One claimed job from its files to its ending.

Here is the worker's per-job boundary, its one broad `except`: whatever goes wrong ends this job with a
sentence for its requester and leaves the others alone.
"""

from __future__ import annotations

import asyncio
import logging
import traceback
from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import TypeVar

from core.errors import BlobMissing, ClaimLost, JobFailed, StoreUnavailable
from core.patience import patiently
from core.queue.jobs import Claim, Jobs
from core.queue.specs import (
    FeaturesResult,
    FeaturesSpec,
    GenerateResult,
    GenerateSpec,
    MadePicture,
    Result,
    TrainResult,
    TrainSpec,
)
from core.store.blobs import Blobs
from gpu_worker.checkpoints import Checkpoint, unpack_checkpoint
from gpu_worker.engine import Engine
from gpu_worker.engine_thread import EngineThread
from gpu_worker.events import CheckpointTaken, PicturesMade, PreviewMade, Progressed, TrainingDone
from gpu_worker.looking import look_at_photos
from gpu_worker.parts import Parts
from gpu_worker.pictures import enlarged, to_png
from gpu_worker.progress import Progress
from gpu_worker.prompts import prompt_for_base, without_mentions
from gpu_worker.runner import EARLIER_BASE
from gpu_worker.tasks import PictureOrder, Preparation, TrainTask
from gpu_worker.vision.eye import Eye

log = logging.getLogger(__name__)

T = TypeVar("T")

GIVE_BACK_SECONDS = 10.0
"""How long a worker that shuts down waits for a database that is away; the lease returns the job as well."""

FAULT = (
    "Something broke on the worker while it was on this. Your credits are back. "
    "Try it again; if it breaks again, the operator finds the reason in the worker's log."
)
PHOTO_GONE = "A photo of @{handle} is not in the store any more. Add it again with /edit @{handle}."
NO_VISION = "This worker has no vision model any more. Another look finds a worker that has."
ADAPTER_GONE = "The files of @{handle} are gone; it was probably deleted just now. Nothing was charged."


class Order(Enum):
    """What the worker may tell a running job."""

    CANCEL = auto()
    """Its requester does not want it any more."""
    STOP = auto()
    """The worker shuts down."""


class JobRun:
    """A claimed job while this worker has it."""

    def __init__(
        self,
        claim: Claim,
        jobs: Jobs,
        blobs: Blobs,
        thread: EngineThread,
        engine: Engine,
        eye: Eye | None = None,
    ) -> None:
        self.claim = claim
        self._jobs = jobs
        self._blobs = blobs
        self._thread = thread
        self._engine = engine
        self._eye = eye
        self._looking: asyncio.Task[FeaturesResult] | None = None
        self._inbox = thread.open_inbox(claim.job_id)
        self._checkpoint_key = claim.checkpoint_key
        self._progress = Progress()
        self._cancelling: asyncio.Task[None] | None = None
        self._preview_key: str | None = None
        self._made: list[tuple[bytes, str]] = []
        """The result's files and their suffixes, until the row names them."""

    def tell(self, message: Order | ClaimLost) -> None:
        """Give the job an order, or the news that it is somebody else's now."""
        if message is Order.CANCEL and self._cancelling is None:
            # Not in turn with what else is to be written of the job: it takes no step after the one in progress.
            self._cancelling = asyncio.create_task(self._thread.call(self._engine.cancel, self.claim.job_id))
        self._inbox.put_nowait(message)

    async def run(self) -> None:
        """Do the job and end it, whatever happens. Only a store that cannot be written gets out of here."""
        claim = self.claim
        log.info(
            "action=job_started job=%s kind=%s attempt=%d", claim.job_id, claim.kind.value, claim.attempt
        )
        try:
            reason = await self._attempt()
            if reason is not None:
                await self._patiently(lambda: self._jobs.fail(claim, reason))
                await self._drop_checkpoint()
        except ClaimLost:
            log.warning("action=claim_lost job=%s", claim.job_id)
        finally:
            if self._looking is not None:
                self._looking.cancel()
            self._thread.close_inbox(claim.job_id)
            await self._thread.call(self._engine.cancel, claim.job_id)

    async def _attempt(self) -> str | None:
        """Do the job; a returned sentence is why it failed."""
        try:
            await self._begin()
            await self._follow()
        except ClaimLost:
            raise
        except JobFailed as failed:
            log.info("action=job_failed job=%s", self.claim.job_id)
            return str(failed)
        except Exception as fault:  # noqa: BLE001 - the per-job boundary
            # Type and place only: a message may quote the prompt.
            places = "".join(traceback.format_tb(fault.__traceback__))
            log.error("action=job_fault job=%s fault=%s\n%s", self.claim.job_id, type(fault).__name__, places)
            return FAULT
        return None

    # Starting

    async def _begin(self) -> None:
        spec = self.claim.spec
        match spec:
            case TrainSpec():
                await self._begin_training(spec)
            case GenerateSpec():
                await self._begin_pictures(spec)
            case FeaturesSpec():
                self._begin_looking(spec)

    async def _begin_training(self, spec: TrainSpec) -> None:
        try:
            photos = [await self._get(photo.blob_key) for photo in spec.photos]
        except BlobMissing as exc:
            raise JobFailed(PHOTO_GONE.format(handle=spec.handle)) from exc
        checkpoint = await self._read_checkpoint()

        def begin() -> Parts[TrainTask]:
            runner = self._engine.runner
            task = yield from runner.begin_training_in_parts(self.claim.job_id, spec, photos)
            if checkpoint is not None and runner.resume(task, checkpoint):
                log.info("action=training_resumed job=%s step=%d", self.claim.job_id, task.step_index)
            return task

        await self._thread.call(self._engine.add, Preparation(self.claim.job_id, begin()))

    async def _read_checkpoint(self) -> Checkpoint | None:
        if self.claim.checkpoint_key is None:
            return None
        try:
            return unpack_checkpoint(await self._get(self.claim.checkpoint_key))
        except BlobMissing:
            log.warning("action=checkpoint_gone job=%s", self.claim.job_id)
            return None

    async def _begin_pictures(self, spec: GenerateSpec) -> None:
        family = self._engine.runner.family
        files: list[tuple[bytes, str]] = []
        for use in spec.adapters:
            if use.base_weights_sha256 != family.identity.weights_sha256:
                raise JobFailed(EARLIER_BASE.format(handle=use.handle))
            try:
                files.append((await self._get(use.adapter_key), use.handle))
            except BlobMissing as exc:
                raise JobFailed(ADAPTER_GONE.format(handle=use.handle)) from exc
        steps, guidance = spec.num_inference_steps, spec.guidance_scale

        def begin() -> None:
            runner = self._engine.runner
            with runner.attaching(files) as names:
                order = PictureOrder(
                    task_id=self.claim.job_id,
                    prompts=(prompt_for_base(spec.prompt, spec.adapters),) * spec.count,
                    seeds=tuple(spec.seed + row for row in range(spec.count)),
                    width_px=spec.width_px,
                    height_px=spec.height_px,
                    num_inference_steps=family.default_num_inference_steps if steps is None else steps,
                    guidance_scale=family.default_guidance_scale if guidance is None else guidance,
                    negative_prompt=spec.negative_prompt,
                    adapters=tuple(
                        (name, use.weight) for name, use in zip(names, spec.adapters, strict=True)
                    ),
                )
                self._engine.add(runner.begin_pictures(order))

        await self._thread.call(begin)

    def _begin_looking(self, spec: FeaturesSpec) -> None:
        eye = self._eye
        if eye is None or eye.provider != spec.provider:
            raise JobFailed(NO_VISION)

        self._looking = asyncio.create_task(look_at_photos(spec, eye, self._thread, self._get))
        self._looking.add_done_callback(self._hear_of_look)

    def _hear_of_look(self, looking: asyncio.Task[FeaturesResult]) -> None:
        if not looking.cancelled():
            self._inbox.put_nowait(looking.exception() or looking.result())

    # Following

    async def _follow(self) -> None:
        """Hear of the job until it has ended."""
        while True:
            match await self._inbox.get():
                case Progressed() as event:
                    await self._if_possible(self._report(event))
                case PreviewMade() as event:
                    await self._if_possible(self._show_preview(event))
                case CheckpointTaken() as event:
                    await self._if_possible(self._keep_checkpoint(event))
                case PicturesMade() as event:
                    return await self._finish(await self._store_pictures(event))
                case TrainingDone() as event:
                    return await self._finish(await self._store_training(event))
                case FeaturesResult() as result:
                    return await self._finish(result)
                case Order.CANCEL:
                    return await self._settle_cancelled()
                case Order.STOP:
                    return await self._give_back()
                case BaseException() as fault:
                    raise fault

    async def _report(self, event: Progressed) -> None:
        self._progress.count(event)
        if self._progress.is_due():
            await self._write_progress()

    async def _write_progress(self) -> None:
        await self._jobs.report_progress(
            self.claim,
            done=self._progress.done,
            total=self._progress.total,
            seconds_left=self._progress.seconds_left(),
            preview_key=self._preview_key,
        )

    async def _show_preview(self, event: PreviewMade) -> None:
        old = self._preview_key
        shown = enlarged(event.picture, self._display_scale)
        self._preview_key = await self._put(await asyncio.to_thread(to_png, shown, event.seed), ".png")
        await self._write_progress()
        if old is not None and old != self._preview_key:
            await self._blobs.delete(old)  # the row names the new one, so nothing would ever erase it

    async def _keep_checkpoint(self, event: CheckpointTaken) -> None:
        """Record the new checkpoint first, and only then delete the old: there is always one to go on from."""
        old, key = self._checkpoint_key, await self._put(event.checkpoint, ".safetensors")
        await self._jobs.save_checkpoint(self.claim, key)
        self._checkpoint_key = key
        if old is not None and old != key:
            await self._blobs.delete(old)
        log.info("action=checkpoint_saved job=%s step=%d", self.claim.job_id, event.step_index)

    # Ending

    async def _store_pictures(self, event: PicturesMade) -> GenerateResult:
        made = []
        for picture, seed in zip(event.pictures, event.seeds, strict=True):
            shown = enlarged(picture, self._display_scale)
            key = await self._keep(await asyncio.to_thread(to_png, shown, seed), ".png")
            made.append(MadePicture(key, seed, shown.width, shown.height))
        spec = self.claim.spec
        words = without_mentions(spec.prompt) if isinstance(spec, GenerateSpec) else ""
        unknown = await self._thread.call(self._engine.runner.family.unknown_words, words)
        return GenerateResult(tuple(made), unknown)

    async def _store_training(self, event: TrainingDone) -> TrainResult:
        return TrainResult(
            adapter_key=await self._keep(event.adapter, ".safetensors"),
            base_weights_sha256=self._engine.runner.family.identity.weights_sha256,
            test_sheet_key=await self._keep(await asyncio.to_thread(to_png, event.test_sheet, None), ".png"),
            num_steps=event.num_steps,
            effect=event.effect,
            likeness=event.likeness,
        )

    async def _finish(self, result: Result) -> None:
        await self._patiently(lambda: self._jobs.finish(self.claim, result, self._see_to_files))
        await self._drop_checkpoint()
        log.info("action=job_finished job=%s", self.claim.job_id)

    async def _settle_cancelled(self) -> None:
        await self._thread.call(self._engine.cancel, self.claim.job_id)
        fraction_done = self._progress.fraction
        await self._patiently(lambda: self._jobs.settle_cancelled(self.claim, fraction_done=fraction_done))
        await self._drop_checkpoint()

    async def _give_back(self) -> None:
        kept = await self._thread.call(self._engine.suspend, self.claim.job_id)
        if kept is not None:
            await self._if_possible(self._keep_checkpoint(kept))
        try:
            async with asyncio.timeout(GIVE_BACK_SECONDS):
                await self._patiently(lambda: self._jobs.give_back(self.claim))
        except TimeoutError:
            log.warning("action=job_left_to_its_lease job=%s", self.claim.job_id)
            return
        log.info("action=job_given_back job=%s", self.claim.job_id)

    # Files

    @property
    def _display_scale(self) -> int:
        return getattr(self._engine.runner.family, "display_scale", 1)

    async def _keep(self, data: bytes, suffix: str) -> str:
        """Store a file of the result."""
        key = await self._patiently(lambda: self._put(data, suffix))
        self._made.append((data, suffix))
        return key

    async def _see_to_files(self) -> None:
        for data, suffix in self._made:
            await self._blobs.ensure(self.claim.spec.workspace_id, data, suffix)

    async def _put(self, data: bytes, suffix: str) -> str:
        return await self._blobs.put(self.claim.spec.workspace_id, data, suffix)

    async def _get(self, key: str) -> bytes:
        return await self._patiently(lambda: self._blobs.get(key))

    async def _drop_checkpoint(self) -> None:
        if self._checkpoint_key is not None:
            # Its row names it no more, so what cannot be deleted now is an orphan that the scrub removes.
            await self._if_possible(self._blobs.delete(self._checkpoint_key))
            self._checkpoint_key = None

    # A store that does not answer

    async def _patiently(self, write: Callable[[], Awaitable[T]]) -> T:
        """Do what the job's end depends on, however long the store is away. A claim that was lost ends it."""
        return await patiently(write, f"job {self.claim.job_id}")

    async def _if_possible(self, write: Awaitable[None]) -> None:
        """Do what the job can go on without."""
        try:
            await write
        except StoreUnavailable:
            log.warning("action=write_skipped job=%s", self.claim.job_id)
