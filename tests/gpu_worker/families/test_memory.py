"""How a large base is made to fit: the fastest plan that the device has memory for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.bases import load_bases
from core.rules.kinds import JobKind
from gpu_worker.families.bria import BriaFamily
from gpu_worker.families.flux import FluxFamily
from gpu_worker.families.flux2 import Flux2KleinFamily
from gpu_worker.families.memory import (
    GIB,
    PLANS,
    MemoryPlan,
    Parameters,
    Weights,
    WorkingMemory,
    needed_bytes,
    plan_memory,
)
from gpu_worker.families.sdxl import SdxlFamily
from gpu_worker.families.z_image import ZImageFamily

BILLION = 10**9
FLUX1 = Parameters(int(11.9 * BILLION), int(4.9 * BILLION), BILLION // 12)
SMALLEST = {
    "sdxl": (Parameters(int(2.57 * BILLION), int(0.82 * BILLION), BILLION // 12), SdxlFamily.working),
    "flux": (
        Parameters(int(3.9 * BILLION), int(4.0 * BILLION), BILLION // 12),
        Flux2KleinFamily.working,
    ),
    "bria": (Parameters(4 * BILLION, int(4.76 * BILLION), BILLION // 12), BriaFamily.working),
    "z_image": (Parameters(int(6.15 * BILLION), 4 * BILLION, BILLION // 12), ZImageFamily.working),
}
"""Published sizes of the smallest model of each base, and what its family works with."""
ON_A_GPU = frozenset({Weights.HALF, Weights.FP8, Weights.NF4})
BOTH = frozenset({JobKind.TRAIN, JobKind.GENERATE})


@pytest.mark.parametrize(
    ("memory_gib", "weights", "is_offloaded", "is_checkpointed", "kinds"),
    [
        (80, Weights.HALF, False, False, BOTH),
        (40, Weights.HALF, False, True, BOTH),
        (36, Weights.HALF, True, True, BOTH),
        (32, Weights.FP8, True, True, BOTH),
        (23, Weights.FP8, True, True, BOTH),
        (17, Weights.NF4, True, True, BOTH),
    ],
)
def test_flux_on_cards_of_many_sizes(
    memory_gib: int, weights: Weights, is_offloaded: bool, is_checkpointed: bool, kinds: frozenset[JobKind]
) -> None:
    planned = plan_memory(FLUX1, FluxFamily.working, memory_gib * GIB, ON_A_GPU)
    assert planned == (MemoryPlan(weights, is_offloaded, is_checkpointed), kinds)


def test_what_is_too_small_even_then_is_said() -> None:
    assert plan_memory(FLUX1, FluxFamily.working, 12 * GIB, ON_A_GPU) is None
    assert plan_memory(FLUX1, FluxFamily.working, 24 * GIB, {Weights.HALF}) is None


def test_a_card_too_small_for_trainings_still_makes_pictures() -> None:
    parameters, working = SMALLEST["sdxl"]
    planned = plan_memory(parameters, working, 7 * GIB, ON_A_GPU)
    assert planned is not None
    assert planned[1] == {JobKind.GENERATE}


@given(
    memory=st.integers(0, 200 * GIB),
    denoiser=st.integers(BILLION // 10, 20 * BILLION),
    text=st.integers(0, 10 * BILLION),
    usable=st.sets(st.sampled_from(Weights)),
    train_gib=st.floats(1, 20),
)
def test_a_plan_fits_and_nothing_faster_would(
    memory: int, denoiser: int, text: int, usable: set[Weights], train_gib: float
) -> None:
    parameters, working = Parameters(denoiser, text, BILLION // 12), WorkingMemory(1.0, train_gib)

    def fits(plan: MemoryPlan, kinds: frozenset[JobKind]) -> bool:
        return all(needed_bytes(parameters, working, plan, kind) <= memory for kind in kinds)

    planned = plan_memory(parameters, working, memory, usable)
    offered = [plan for plan in PLANS if plan.weights in usable]
    if planned is None:
        assert not any(fits(plan, frozenset({JobKind.GENERATE})) for plan in offered)
        return
    plan, kinds = planned
    assert plan in offered
    assert fits(plan, kinds)
    assert not any(fits(faster, kinds) for faster in offered[: offered.index(plan)])
    if kinds != BOTH:
        assert not any(fits(other, BOTH) for other in offered)


@pytest.mark.parametrize("base", SMALLEST)
def test_the_rules_name_the_least_memory_that_a_plan_needs(base: str) -> None:
    parameters, working = SMALLEST[base]
    for kind, stated_gib in load_bases()[base].memory_gib.items():
        least = min(needed_bytes(parameters, working, plan, kind) for plan in PLANS) / GIB
        assert least <= stated_gib < least + 1.0
