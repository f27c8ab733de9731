"""Some hundreds of tampered files; `python -m benchmarks.intake fuzz` sends tens of thousands."""

from __future__ import annotations

from core.feedback.decoder import DecodeLimits, ask
from tests.core.feedback.hostile.mutations import mutated

FILES = 300
SEED = 7


async def test_tampered_files_stay_within_their_limits() -> None:
    limits = DecodeLimits()
    for number in range(FILES):
        answer = await ask(mutated(SEED, number), limits)
        assert answer is not None, f"file {number} of seed {SEED} took its decoder with it"
        assert not answer.timed_out, f"file {number} of seed {SEED}"
        assert answer.peak_memory_bytes <= limits.max_memory_bytes, f"file {number} of seed {SEED}"


def test_a_tampered_file_can_be_made_again() -> None:
    assert [mutated(SEED, number) for number in range(20)] == [mutated(SEED, number) for number in range(20)]
    assert mutated(SEED, 0) != mutated(SEED + 1, 0)
