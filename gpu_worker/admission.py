"""How many jobs a worker takes at once: what it can hold and serve soon, so that it hoards nothing.

A claimed job is kept from every other worker, so there is no use in claiming what will only wait here. Pictures: as
many as one step carries, and one more, which is ready when the first of them ends. Trainings: one, or a few where
the base is so small that they share the device at little cost.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from core.errors import ConfigurationError
from core.rules.bases import Base, load_bases
from core.rules.kinds import JobKind
from core.rules.turns import lane_of
from gpu_worker.scheduler import BATCH_ROWS

GIB = 2**30
USUAL_ROWS = 2
"""Rows of one picture in a batch: most bases are guided by a second one."""
NEXT_IN_LINE = 1
"""Pictures that wait in host memory, so that no step goes without them while the next is claimed."""


def lanes_for(
    base: str,
    memory: int,
    batch_rows: int = BATCH_ROWS,
    memory_gib: Mapping[JobKind, float] | None = None,
) -> dict[str, int]:
    """Return the lanes whose jobs fit into that memory, in bytes, and how many jobs of each are taken at once.

    Args:
        base: Its figures are in `core/rules/bases.toml`.
        memory: Of the device.
        batch_rows: Rows of one step, at most.
        memory_gib: What the first job of each kind takes, where that is known better than from the base's figures.

    Raises:
        ConfigurationError: Not even pictures fit.
    """
    known = load_bases()[base]
    if memory_gib is not None:
        known = replace(known, memory_gib=memory_gib)
    rooms = _rooms(known, memory / GIB, batch_rows)
    if not rooms:
        raise ConfigurationError(
            f"{base} needs {min(known.memory_gib.values()):g} GiB for pictures, and this device has "
            f"{memory / GIB:.1f}. Run the worker on a larger one, or name a smaller base in LIKENESS_BASES."
        )
    return {lane_of(kind, base): room for kind, room in rooms.items()}


def _rooms(base: Base, memory_gib: float, batch_rows: int) -> dict[JobKind, int]:
    """Share the memory out: one job of each kind that fits, a batch of pictures, and trainings of what is left."""
    rooms = {kind: 1 for kind, needed in base.memory_gib.items() if needed <= memory_gib}
    left = memory_gib - max((base.memory_gib[kind] for kind in rooms), default=memory_gib)
    if JobKind.GENERATE in rooms:
        further = min(max(batch_rows // USUAL_ROWS - 1, 0), int(left / base.further_picture_gib))
        left -= further * base.further_picture_gib
        rooms[JobKind.GENERATE] += further + NEXT_IN_LINE
    if JobKind.TRAIN in rooms:
        rooms[JobKind.TRAIN] += min(base.trainings_at_once - 1, int(left / base.further_training_gib))
    return rooms
