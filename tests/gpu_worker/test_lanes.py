"""What a worker takes: only what fits into its memory, and no more than it can serve soon."""

from __future__ import annotations

import pytest

from core.errors import ConfigurationError
from core.rules.bases import load_bases
from core.rules.kinds import JobKind
from core.settings import Settings
from gpu_worker.admission import GIB, lanes_for
from gpu_worker.scheduler import TRAINING_SHARE


@pytest.mark.parametrize("base", load_bases())
def test_a_large_device_takes_a_batch_of_pictures_and_the_next_and_trainings(base: str) -> None:
    trainings = load_bases()[base].trainings_at_once
    assert lanes_for(base, 141 * GIB, batch_rows=16) == {f"train.{base}": trainings, f"generate.{base}": 9}


def test_a_step_that_carries_less_is_waited_for_by_fewer() -> None:
    assert lanes_for("flux", 141 * GIB, batch_rows=4)["generate.flux"] == 3
    assert lanes_for("flux", 141 * GIB, batch_rows=1)["generate.flux"] == 2


@pytest.mark.parametrize("memory_gib", [9, 10.5, 14, 20, 40])
def test_what_is_taken_at_once_fits(memory_gib: float) -> None:
    base = load_bases()["sdxl"]
    lanes = lanes_for("sdxl", int(memory_gib * GIB))
    pictures, trainings = lanes["generate.sdxl"] - 1, lanes.get("train.sdxl", 0)
    first = base.memory_gib[JobKind.TRAIN if trainings else JobKind.GENERATE]
    further = base.further_picture_gib * (pictures - 1) + base.further_training_gib * max(trainings - 1, 0)
    assert first + further <= memory_gib
    assert pictures >= 1


def test_several_trainings_of_a_small_base_are_taken_as_memory_allows() -> None:
    assert lanes_for("tiny", 8 * GIB)["train.tiny"] == 4
    assert lanes_for("tiny", int(0.5 * GIB)) == {"generate.tiny": 2, "train.tiny": 1}


def test_a_device_too_small_for_trainings_still_makes_pictures() -> None:
    needed = load_bases()["sdxl"].memory_gib
    between = (needed[JobKind.GENERATE] + needed[JobKind.TRAIN]) / 2
    assert set(lanes_for("sdxl", int(between * GIB))) == {"generate.sdxl"}


def test_a_device_that_fits_nothing_is_refused_with_the_figures() -> None:
    with pytest.raises(ConfigurationError, match=r"flux needs 11 GiB for pictures, and this device has 8\.0"):
        lanes_for("flux", 8 * GIB)


def test_the_share_of_trainings_is_the_same_with_and_without_settings(settings: Settings) -> None:
    assert settings.training_share == TRAINING_SHARE
