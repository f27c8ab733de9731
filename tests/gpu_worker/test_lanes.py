"""What a worker takes: only what fits into its memory."""

from __future__ import annotations

import pytest

from core.errors import ConfigurationError
from core.rules.bases import load_bases
from core.rules.kinds import JobKind
from gpu_worker.main import GIB, lanes_for


@pytest.mark.parametrize("base", load_bases())
def test_a_large_device_takes_trainings_and_pictures(base: str) -> None:
    assert set(lanes_for(base, 141 * GIB)) == {f"train.{base}", f"generate.{base}"}


def test_a_device_too_small_for_trainings_still_makes_pictures() -> None:
    needed = load_bases()["sdxl"].memory_gib
    between = (needed[JobKind.GENERATE] + needed[JobKind.TRAIN]) / 2
    assert set(lanes_for("sdxl", int(between * GIB))) == {"generate.sdxl"}


def test_a_device_that_fits_nothing_is_refused_with_the_figures() -> None:
    with pytest.raises(ConfigurationError, match=r"flux needs 11 GiB for pictures, and this device has 8\.0"):
        lanes_for("flux", 8 * GIB)
