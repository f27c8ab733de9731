"""Turns: weights are kept, newcomers are next, nobody starves."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from core.rules.kinds import JobKind
from core.rules.turns import lane_of, turn_of


@dataclass
class Line:
    """A lane as the queue keeps it: its clock, everybody's clocks, and who stands in it."""

    clock: float = 0.0
    clocks: dict[str, float] = field(default_factory=dict)
    waiting: list[tuple[float, float, int, str]] = field(default_factory=list)
    arrivals: int = 0

    def ask(self, who: str, *, cost: float = 1.0, weight: float = 1.0) -> None:
        turn = turn_of(self.clock, self.clocks.get(who, 0.0), cost=cost, weight=weight)
        self.clocks[who] = turn.deadline
        self.arrivals += 1
        self.waiting.append((turn.start, turn.deadline, self.arrivals, who))

    def take(self) -> str:
        next_one = min(self.waiting)
        self.waiting.remove(next_one)
        self.clock = max(self.clock, next_one[0])
        return next_one[3]


def test_with_everybody_waiting_a_weight_of_four_gets_four_turns_for_one() -> None:
    line = Line()
    for _ in range(100):
        line.ask("pro", weight=4)
        line.ask("free", weight=1)
    served = Counter(line.take() for _ in range(100))
    assert served["pro"] == 4 * served["free"]


def test_a_newcomer_is_next_however_much_somebody_else_has_queued() -> None:
    line = Line()
    for _ in range(1000):
        line.ask("flood", weight=8)
    for _ in range(300):
        line.take()
    line.ask("newcomer", weight=1)
    assert line.take() == "newcomer"


def test_an_old_free_job_overtakes_new_pro_ones() -> None:
    line = Line()
    line.ask("free", weight=1)
    taken = []
    for _ in range(20):  # ten Pro workspaces that never stop asking
        for number in range(10):
            line.ask(f"pro-{number}", weight=4)
        taken += [line.take() for _ in range(10)]
    assert taken.index("free") == 10  # each of them went first once, and none twice


def test_a_costly_job_pays_with_a_later_turn() -> None:
    line = Line()
    for _ in range(20):
        line.ask("painter", cost=80)
        line.ask("sketcher", cost=20)
    served = Counter(line.take() for _ in range(20))
    assert served["sketcher"] == 4 * served["painter"]


def test_who_was_away_gets_no_credit_for_it() -> None:
    line = Line()
    for _ in range(50):
        line.ask("busy")
        line.take()
    line.ask("back again")
    assert line.waiting[0][0] == line.clock


def test_every_kind_and_base_has_a_lane_of_its_own() -> None:
    lanes = {lane_of(kind, base) for kind in JobKind for base in ("tiny", "flux")}
    assert lanes == {"train.tiny", "train.flux", "generate.tiny", "generate.flux"}
