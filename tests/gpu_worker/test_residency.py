"""Which base is in memory: loading is rare, nobody is pushed out in the middle, and nobody waits for ever."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_worker.residency import LEAST_WAIT_SECONDS, LONGEST_TURN_SECONDS, Change, Line, next_change

FLUX = Line("flux", 44.0)
SDXL = Line("sdxl", 14.0)
TINY = Line("tiny", 0.5)
LONG = 10 * LONGEST_TURN_SECONDS


def here(line: Line, **changes: object) -> Line:
    return replace(line, resident_seconds=1.0, **changes)  # type: ignore[arg-type] - fields by name


def wanted(line: Line, seconds: float = LEAST_WAIT_SECONDS) -> Line:
    return replace(line, waiting=1, waited_seconds=seconds)


def test_nobody_wants_anything() -> None:
    assert next_change([FLUX, here(SDXL)], 80.0) == Change()


def test_a_worker_that_has_nothing_yet_loads_at_once_what_is_wanted_first() -> None:
    assert next_change([wanted(FLUX, 1.0), wanted(SDXL, 2.0)], 80.0) == Change(load="sdxl")


def test_another_base_comes_beside_those_that_are_here_where_it_fits() -> None:
    assert next_change([wanted(FLUX), here(SDXL, jobs=3, waiting=5)], 80.0) == Change(load="flux")


def test_a_short_wait_is_not_worth_a_load() -> None:
    assert next_change([wanted(FLUX, LEAST_WAIT_SECONDS / 2), here(SDXL)], 80.0) == Change()


def test_a_base_that_nobody_wants_makes_room() -> None:
    assert next_change([wanted(FLUX), here(SDXL)], 48.0) == Change(load="flux", unload=("sdxl",))


def test_no_more_leaves_than_has_to() -> None:
    change = next_change([wanted(FLUX), here(TINY), here(SDXL)], 58.2)
    assert change == Change(load="flux", unload=("tiny",))


def test_a_base_with_work_stays_until_its_turn_is_over() -> None:
    busy = here(SDXL, jobs=2, waiting=4)
    assert next_change([wanted(FLUX, LONG), busy], 48.0) == Change()
    late = replace(busy, resident_seconds=LONGEST_TURN_SECONDS)
    assert next_change([wanted(FLUX, LONG), late], 48.0) == Change(closed=frozenset({"sdxl"}))
    done = replace(late, jobs=0)
    assert next_change([wanted(FLUX, LONG), done], 48.0) == Change(load="flux", unload=("sdxl",))


def test_what_can_never_fit_pushes_nobody_out() -> None:
    assert next_change([wanted(FLUX, LONG), here(SDXL)], 24.0) == Change()


LINES = st.lists(
    st.builds(
        Line,
        base=st.sampled_from("abcdef"),
        memory_gib=st.floats(0.5, 60.0),
        jobs=st.integers(0, 3),
        waiting=st.integers(0, 3),
        waited_seconds=st.floats(0.0, 1000.0),
        resident_seconds=st.none() | st.floats(0.0, 1000.0),
    ),
    unique_by=lambda line: line.base,
    max_size=6,
)


@settings(deadline=None)
@given(lines=LINES, spare_gib=st.floats(0.0, 100.0))
def test_whatever_is_loaded_fits_and_whoever_has_jobs_here_stays(lines: list[Line], spare_gib: float) -> None:
    resident = {line.base: line for line in lines if line.resident_seconds is not None}
    memory_gib = sum(line.memory_gib for line in resident.values()) + spare_gib
    change = next_change(lines, memory_gib)
    assert all(not resident[base].jobs for base in change.unload)
    if change.load is not None:
        loaded = next(line for line in lines if line.base == change.load)
        staying = sum(line.memory_gib for base, line in resident.items() if base not in change.unload)
        assert loaded.waiting
        assert staying + loaded.memory_gib <= memory_gib + 1e-9
