"""Tens of thousands of tampered files through the gate: no crash here, none slow, none greedy."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from benchmarks.intake.libraries import library_versions
from benchmarks.report import write
from core.feedback.decode import Decoded, read_answer
from core.feedback.decoder import Answer, DecodeLimits, ask
from core.feedback.sniff import Content, sniff
from tests.core.feedback.hostile.mutations import mutated

MAX_SECONDS = 5.0
MAX_MEMORY_BYTES = 600 * 1000 * 1000
PROGRESS_EVERY = 5_000


@dataclass
class Tally:
    """What a run saw.

    Attributes:
        outcomes: How often each came.
        endings: Exit codes of children other than 0, and how often each came.
        slowest_seconds: The longest wait for an answer, and the file's number.
        busiest_seconds: The most processor time, and the file's number.
        largest_bytes: The most memory, and the file's number.
        lost: Files for which no decoder could be kept alive.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    endings: Counter[str] = field(default_factory=Counter)
    slowest_seconds: tuple[float, int] = (0.0, -1)
    busiest_seconds: tuple[float, int] = (0.0, -1)
    largest_bytes: tuple[int, int] = (0, -1)
    lost: list[int] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether everything stayed within its limits."""
        is_quick = max(self.slowest_seconds[0], self.busiest_seconds[0]) <= MAX_SECONDS
        return not self.lost and is_quick and self.largest_bytes[0] <= MAX_MEMORY_BYTES

    def count(self, number: int, answer: Answer) -> None:
        """Add the answer for one file."""
        outcome = read_answer(answer)
        self.outcomes[f"accepted {outcome.source_format}" if isinstance(outcome, Decoded) else outcome] += 1
        if answer.exit_code != 0:
            self.endings[str(answer.exit_code)] += 1
        self.slowest_seconds = max(self.slowest_seconds, (answer.wall_seconds, number))
        self.busiest_seconds = max(self.busiest_seconds, (answer.cpu_seconds, number))
        self.largest_bytes = max(self.largest_bytes, (answer.peak_memory_bytes, number))

    def figures(self) -> dict[str, Any]:
        """Return it as a result file has it."""
        return {
            "outcomes": dict(self.outcomes.most_common()),
            "children_that_ended_otherwise": dict(self.endings.most_common()),
            "slowest_wait_seconds": self.slowest_seconds[0],
            "slowest_wait_file": self.slowest_seconds[1],
            "most_processor_seconds": self.busiest_seconds[0],
            "most_processor_file": self.busiest_seconds[1],
            "most_memory_megabytes": self.largest_bytes[0] / 1e6,
            "most_memory_file": self.largest_bytes[1],
            "files_without_an_answer": self.lost,
        }


async def fuzz(files: int, seed: int) -> Tally:
    """Send the files of a seed through the gate, one after another."""
    limits = DecodeLimits()
    tally = Tally()
    for number in range(files):
        content = mutated(seed, number)
        kind = sniff(content)
        if kind is not Content.IMAGE:
            tally.outcomes[f"not an image: {kind}"] += 1
            continue
        answer = await ask(content, limits)
        if answer is None:
            tally.lost.append(number)
        else:
            tally.count(number, answer)
        if number % PROGRESS_EVERY == 0:
            print(f"{number} of {files}", flush=True)
    return tally


async def run(files: int, seed: int) -> bool:
    """Fuzz, write the figures, and return whether everything stayed within its limits."""
    started = time.monotonic()
    tally = await fuzz(files, seed)
    figures = {
        "files": files,
        "seed": seed,
        "seconds": time.monotonic() - started,
        **tally.figures(),
        **library_versions(),
    }
    write("intake-fuzz", figures)
    return tally.is_clean
