"""What a run has to say: one line a round, and at the end a summary as text and as JSON."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.chaos.faults import KILLS, Fault
from tests.chaos.installation import Dispatcher


@dataclass(frozen=True)
class RoundReport:
    """One round, as it went."""

    dispatcher: Dispatcher
    number: int
    shape: str
    faults: dict[Fault, int]
    killed_young: int
    """Of the kills, those that hit a process while it was starting."""
    jobs: dict[str, int]
    """Jobs by how they ended, of the whole run so far."""
    seconds: float
    settled_seconds: float
    """How long after the last fault everything had come to its end."""
    apologies: int
    """Requests so far that the bot answered with "Something went wrong"."""
    problems: tuple[str, ...] = ()

    def line(self) -> str:
        """Return the round as one line."""
        faults = " ".join(f"{fault.value}×{count}" for fault, count in sorted(self.faults.items()) if count)
        jobs = " ".join(f"{count} {status}" for status, count in sorted(self.jobs.items()))
        sorry = f" | {self.apologies} apologies" if self.apologies else ""
        verdict = "ok" if not self.problems else f"{len(self.problems)} WRONG"
        return (
            f"{self.dispatcher.value} {self.number:>3} {self.shape}: {faults or 'nothing'} | jobs: {jobs} | "
            f"settled in {self.settled_seconds:.1f} s, round {self.seconds:.1f} s{sorry} | {verdict}"
        )


@dataclass
class RunReport:
    """All rounds of all dispatchers."""

    seed: int
    command: str
    rounds: list[RoundReport] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What could not be tried here, and what went wrong outside of a round."""
    failures: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_good(self) -> bool:
        """Whether everything held in every round."""
        return not self.failures and not any(played.problems for played in self.rounds)

    def faults(self) -> Counter[Fault]:
        """Count the faults that came about."""
        return sum((Counter(played.faults) for played in self.rounds), Counter[Fault]())

    def kills(self) -> int:
        """Count the kill -9 on bot and worker."""
        return sum(self.faults()[fault] for fault in KILLS)

    def summary(self) -> str:
        """Return the run as a few lines."""
        faults = self.faults()
        young = sum(played.killed_young for played in self.rounds)
        last = {played.dispatcher: played for played in self.rounds}
        lines = [
            f"seed {self.seed} · {len(self.rounds)} rounds · {self.seconds / 60:.1f} minutes · "
            f"{self.kills()} kills, {young} of them during a start",
            *(f"  {fault.value:<16} {faults[fault]}" for fault in Fault),
            *(f"  jobs, {dispatcher.value}: {dict(played.jobs)}" for dispatcher, played in last.items()),
            *(f"  note: {note}" for note in self.notes),
            *(f"  FAILED: {failure}" for failure in self.failures),
            "Everything held in every round." if self.is_good else "Something did not hold: see above.",
        ]
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Write the run as JSON."""
        totals = {fault.value: count for fault, count in self.faults().items()}
        whole = {**asdict(self), "kills": self.kills(), "faults": totals, "is_good": self.is_good}
        path.write_text(json.dumps(whole, indent=1))
