"""Whose turn it is: start-time fair queueing (Goyal, Vin and Cheng 1996, SIGCOMM), in steps of a device.

Everybody who asks has a virtual clock, and so has the line they stand in. A job's turn starts at the later of
the two and ends `cost / weight` afterwards. The turn that starts first is taken first; of turns that start
together, the one with the earliest deadline.

    start    = max(the line's clock, the asker's clock)
    deadline = start + cost / weight        and the asker's clock moves there
    the line's clock moves to the start of whatever is taken from it

What follows from it, without any other rule:

- Somebody who queued a thousand jobs has a clock ahead of the line's, so a newcomer's first job, whose turn starts
  now, is next, whatever the plan.
- A weight of 4 gets four turns for one, and goes first where several come at the same moment.
- Each job of a Pro workspace moves that workspace's clock on, past the start of a Free job that waits: no
  workspace passes it more than once, and nobody starves.

The line's clock counts work and not seconds. With the wall's clock in its place, a line that is behind would
give everything that is old precedence over everybody who comes, and a newcomer would wait for all of it.

The same rule is used twice: between workspaces in a lane, by the weights of their plans, and between the users
of one workspace, who all weigh the same.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.rules.kinds import JobKind


@dataclass(frozen=True)
class Turn:
    """A place in line: virtual times, in steps of a device."""

    start: float
    deadline: float


def turn_of(line_clock: float, own_clock: float, *, cost: float, weight: float = 1.0) -> Turn:
    """Return the turn of an asker's next job; their clock is to be set to its deadline."""
    start = max(line_clock, own_clock)
    return Turn(start, start + cost / weight)


def lane_of(kind: JobKind, base_model: str) -> str:
    """Return the line for such jobs: trainings never hold up pictures, and a base waits only for its own workers.

    Looking at photos is as short as making pictures, and takes its turn among those.
    """
    lane = JobKind.GENERATE if kind is JobKind.FEATURES else kind
    return f"{lane.value}.{base_model}"
