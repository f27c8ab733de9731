"""How many rows a step takes: whatever this device turned out to be good at."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gpu_worker.batch_limit import MEASUREMENTS, RETRY_STEPS, BatchLimits

SMALL, LARGE = "64 px", "1024 px"


def limits_after(seconds: dict[int, float], key: str = SMALL, rows_most: int = 16) -> BatchLimits:
    """Limits that saw steps of so many rows take so many seconds."""
    limits = BatchLimits(rows_most)
    for rows, taken in seconds.items():
        for _ in range(MEASUREMENTS):
            limits.record(key, rows, taken)
    return limits


def test_what_was_never_measured_goes_up_to_the_cap() -> None:
    assert BatchLimits(16).rows(SMALL) == 16


def test_batches_grow_as_long_as_a_row_becomes_no_dearer() -> None:
    assert limits_after({1: 1.0, 2: 1.2, 4: 2.0, 8: 4.1, 16: 8.0}).rows(SMALL) == 16


def test_bigger_can_lose() -> None:
    assert limits_after({2: 2.0, 4: 3.0, 8: 9.0}).rows(SMALL) == 4
    assert limits_after({1: 1.0, 2: 3.0, 16: 4.0}).rows(SMALL) == 1


def test_each_shape_has_its_own_limit() -> None:
    limits = limits_after({1: 1.0, 2: 4.0}, key=LARGE)
    assert (limits.rows(LARGE), limits.rows(SMALL)) == (1, 16)


def test_one_slow_step_is_no_reason() -> None:
    limits = limits_after({2: 2.0, 4: 4.0})
    limits.record(SMALL, 4, 400.0)
    assert limits.rows(SMALL) == 16


def test_rows_between_two_sizes_count_as_the_larger() -> None:
    assert limits_after({4: 4.0, 6: 60.0}).rows(SMALL) == 4


def test_what_was_slow_once_is_tried_again() -> None:
    limits = limits_after({2: 2.0, 4: 8.0})
    assert limits.rows(SMALL) == 2
    for _ in range(RETRY_STEPS):
        limits.record(SMALL, 2, 2.0)
    assert limits.rows(SMALL) == 16


@given(st.dictionaries(st.integers(1, 40), st.floats(1e-6, 1e3), max_size=8), st.integers(1, 32))
def test_there_is_always_room_for_one_and_never_for_more_than_the_cap(
    seconds: dict[int, float], rows_most: int
) -> None:
    assert 1 <= limits_after(seconds, rows_most=rows_most).rows(SMALL) <= rows_most
