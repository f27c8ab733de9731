"""Which optimizer a training gets, and how its learning rate goes."""

from __future__ import annotations

import pytest

from gpu_worker.optimizers import (
    EIGHT_BIT_FROM_VALUES,
    WARM_UP_STEPS,
    OptimizerKind,
    learning_rate_at,
    optimizer_kind,
)
from tests.gpu_worker.specs import preset

MANY = EIGHT_BIT_FROM_VALUES


@pytest.mark.parametrize(
    ("device_type", "values", "has_bitsandbytes", "kind"),
    [
        ("cuda", MANY, True, OptimizerKind.EIGHT_BIT),
        ("cuda", MANY - 1, True, OptimizerKind.FUSED),
        ("cuda", MANY, False, OptimizerKind.FUSED),
        ("cpu", MANY, True, OptimizerKind.FUSED),
    ],
)
def test_eight_bits_are_for_many_factors_on_a_gpu_that_has_them(
    device_type: str, values: int, has_bitsandbytes: bool, kind: OptimizerKind
) -> None:
    assert optimizer_kind(device_type, values, has_bitsandbytes) is kind


def test_the_learning_rate_rises_stays_and_falls() -> None:
    asked = preset(num_steps=200, learning_rate=1.0)
    rates = [learning_rate_at(asked, index) for index in range(200)]
    assert rates[0] == pytest.approx(1 / WARM_UP_STEPS)
    assert set(rates[WARM_UP_STEPS:140]) == {1.0}
    assert rates[150:] == sorted(rates[150:], reverse=True)
    assert 0.0 < rates[-1] < 0.1
