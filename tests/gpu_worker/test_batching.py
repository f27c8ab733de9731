"""Pictures with different adapters in one step: each is what it would have been alone, whoever comes and goes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_worker.conditioning import Conditioning
from gpu_worker.engine import Engine
from gpu_worker.engine_thread import EngineThread
from gpu_worker.events import PicturesMade
from gpu_worker.runner import Runner
from gpu_worker.tasks import GenerateTask, PictureOrder
from tests.gpu_worker.adapters import adapter_file, random_factors
from tests.gpu_worker.small_family import SmallFamily

TOLERANCE = 2e-5
"""Most difference of latents, float32: kernels round differently for another number of rows."""
RANKS = (1, 4, 2, 8, 3, 4)
SCALE = 1.5
SLOTS = 5
"""Fewer than there are adapters, so that they take each other's."""
BATCH_ROWS = 6
ORDER = PictureOrder(
    task_id="pictures",
    prompts=("a mug on a beach",),
    seeds=(5,),
    width_px=16,
    height_px=16,
    num_inference_steps=3,
    guidance_scale=3.0,
)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@cache
def quiet() -> Runner:
    """The base with nobody else on it."""
    return Runner(SmallFamily(), slots=SLOTS)


@cache
def files() -> list[bytes]:
    return [adapter_file(quiet(), seed, rank) for seed, rank in enumerate(RANKS)]


@dataclass
class Asked:
    """A request, and the state of its adapters at each step that it took: how often each was published anew."""

    order: PictureOrder
    task: GenerateTask
    states: list[dict[str, int]] = field(default_factory=list)
    is_cancelled: bool = False


class Street:
    """People who ask, change their minds and publish, in front of one engine."""

    def __init__(self, slots: int = SLOTS) -> None:
        self.engine = Engine(Runner(SmallFamily(), slots=slots), batch_rows=BATCH_ROWS)
        self.asked: list[Asked] = []
        self.published: dict[str, int] = {}
        self.most_together = 0

    def ask(
        self, adapters: dict[int, float], guidance_scale: float, steps: int, count: int, size_px: int
    ) -> None:
        runner, number = self.engine.runner, len(self.asked)
        for name in self.published.keys() - runner.attached:
            del self.published[name]  # nobody used it any more, so it comes from its file again
        names = [runner.attach(files()[which], "ada") for which in adapters]
        order = replace(
            ORDER,
            task_id=f"request{number}",
            prompts=ORDER.prompts * count,
            seeds=tuple(range(number, number + count)),
            width_px=size_px,
            num_inference_steps=steps,
            guidance_scale=guidance_scale,
            adapters=tuple(zip(names, adapters.values(), strict=True)),
        )
        asked = Asked(order, runner.begin_pictures(order))
        self.asked.append(asked)
        self.engine.add(asked.task)

    def cancel(self, which: int) -> None:
        for asked in self.asked[which : which + 1]:
            asked.is_cancelled = asked.task.pictures is None
            self.engine.cancel(asked.order.task_id)

    def publish(self, which: int) -> None:
        used = sorted(self.engine.runner.bank.held)
        if used:
            name = used[which % len(used)]
            self.published[name] = self.published.get(name, 0) + 1
            self.engine.runner.bank.put(
                name, published(self.engine.runner, name, self.published[name]), SCALE
            )

    def tick(self) -> None:
        before = [asked.task.step_index for asked in self.asked]
        self.engine.step()
        moved = [
            asked for asked, index in zip(self.asked, before, strict=True) if asked.task.step_index > index
        ]
        for asked in moved:
            assert not asked.is_cancelled
            asked.states.append({name: self.published.get(name, 0) for name, _ in asked.order.adapters})
        rows = sum(asked.task.num_rows for asked in moved)
        assert rows <= BATCH_ROWS or len(moved) == 1
        self.most_together = max(self.most_together, len(moved))

    def close(self) -> None:
        while not self.engine.is_idle:
            self.tick()
        assert self.engine.runner.attached == self.engine.runner.bank.held == frozenset()


def published(runner: Runner, name: str, state: int) -> dict[str, torch.Tensor]:
    return random_factors(runner.bank, seed=state * 1000 + int(name[:4], 16), rank=4)


def draw_alone(asked: Asked) -> torch.Tensor:
    """Take the steps of one request with nobody beside it, its adapters in the states that it had."""
    runner = quiet()
    names = {runner.attach(data, "ada") for data in files()}
    task = runner.begin_pictures(asked.order)
    current = dict.fromkeys(names, 0)
    for states in asked.states:
        for name, state in states.items():
            if state != current[name]:
                runner.bank.put(name, published(runner, name, state), SCALE)
                current[name] = state
        runner.denoise(task)
    for name in names:
        runner.detach(name)
    assert task.is_finished
    return task.latents


ADAPTERS = st.dictionaries(
    st.integers(0, len(RANKS) - 1), st.sampled_from([0.4, 1.0, -0.5]), max_size=SLOTS - 1
)
ASKING = st.tuples(
    st.just("ask"), ADAPTERS, st.sampled_from([1.0, 3.0]), st.integers(2, 4), st.integers(1, 2),
    st.sampled_from([16, 16, 16, 24]),
)  # fmt: skip
HAPPENING = st.one_of(
    ASKING,
    ASKING,
    st.tuples(st.just("tick")),
    st.tuples(st.just("tick")),
    st.tuples(st.just("cancel"), st.integers(0, 5)),
    st.tuples(st.just("publish"), st.integers(0, 3)),
)


@settings(deadline=None, max_examples=15)
@given(happenings=st.lists(HAPPENING, min_size=4, max_size=16))
def test_whoever_comes_cancels_and_publishes_each_picture_is_the_one_made_alone(
    happenings: list[tuple],
) -> None:
    street = Street()
    for name, *arguments in happenings:
        getattr(street, name)(*arguments)
    street.close()
    for asked in street.asked:
        if not asked.is_cancelled:
            alone = draw_alone(asked)
            torch.testing.assert_close(asked.task.latents, alone, rtol=0, atol=TOLERANCE)


@pytest.mark.parametrize("adapters_each", [1, 2, 4])
def test_samples_with_adapters_of_their_own_are_denoised_in_one_step(adapters_each: int) -> None:
    street = Street(slots=len(RANKS) + 1)
    for person in range(4):  # guided beside plain, each at another place among its steps
        adapters = {(person + k) % len(RANKS): 0.5 + 0.25 * k for k in range(adapters_each)}
        street.ask(adapters, guidance_scale=1.0 + person % 2, steps=2 + person, count=1, size_px=16)
        street.tick()
    street.close()
    assert street.most_together > 1
    for asked in street.asked:
        alone = draw_alone(asked)
        torch.testing.assert_close(asked.task.latents, alone, rtol=0, atol=TOLERANCE)


def test_a_request_of_another_shape_has_its_turn_when_those_before_it_are_done() -> None:
    street = Street()
    for size_px in (16, 24, 16):
        street.ask({0: 1.0}, guidance_scale=3.0, steps=3, count=1, size_px=size_px)
    first, wide, later = (asked.task for asked in street.asked)
    for _ in range(3):
        street.tick()
    assert (first.step_index, wide.step_index, later.step_index) == (3, 0, 3)
    street.ask({0: 1.0}, guidance_scale=3.0, steps=3, count=1, size_px=16)
    newest = street.asked[-1].task
    while not wide.is_finished:
        street.tick()
    assert newest.step_index == 0
    street.close()


def test_prompts_are_read_once_while_the_batch_stays_as_it_is() -> None:
    runner = Runner(SmallFamily(), slots=SLOTS)
    reads: list[str] = []
    for path, layer in runner.family.denoiser.named_modules():
        if path.endswith("attn2.to_k.base"):
            layer.register_forward_hook(lambda *_, path=path: reads.append(path))
    first, second = (runner.begin_pictures(replace(ORDER, task_id=name)) for name in ("first", "second"))
    for _ in range(2):
        runner.denoise(first, second)
    assert len(reads) == len(set(reads)) > 0
    runner.denoise(first)  # the other one left
    assert len(reads) == 2 * len(set(reads))


class Fault(Exception):
    """What a device may raise in the middle of a step."""


class FaultyFamily(SmallFamily):
    """Cannot denoise a picture whose prompt names a ghost."""

    def denoise(
        self, latents: torch.Tensor, timesteps: torch.Tensor, conditioning: Conditioning
    ) -> torch.Tensor:
        (ghost,) = self.encode_prompts(["ghost"])["prompt_embeds"]
        if any(torch.equal(row, ghost) for row in conditioning["prompt_embeds"]):
            raise Fault
        return super().denoise(latents, timesteps, conditioning)


async def test_a_fault_in_a_shared_step_ends_the_one_that_brought_it() -> None:
    thread = EngineThread(torch_threads=1)
    engine = await thread.load(lambda: Engine(Runner(FaultyFamily())))
    inboxes = {name: thread.open_inbox(name) for name in ("before", "ghost", "after")}

    def add_all() -> None:
        for name in inboxes:
            prompts = ("ghost",) if name == "ghost" else ORDER.prompts
            engine.add(engine.runner.begin_pictures(replace(ORDER, task_id=name, prompts=prompts)))

    await thread.call(add_all)
    running = asyncio.create_task(thread.run())
    endings = {}
    for name, inbox in inboxes.items():
        while not isinstance(ending := await inbox.get(), PicturesMade | Fault):
            pass
        endings[name] = type(ending)
    await thread.stop()
    await running
    assert endings == {"before": PicturesMade, "ghost": Fault, "after": PicturesMade}
    assert engine.is_idle
