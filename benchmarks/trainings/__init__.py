"""Trainings on `tiny`, one thread: four at once beside one after another, and one beside diffusers' own script.

`PEER=path` names the script, `examples/dreambooth/train_dreambooth_lora.py` of diffusers; without it that part is
left out. Runs come in pairs, one right after the other; what may be quoted is the median of the pairs' ratios.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def run_all(parts: Sequence[str], pairs: int = 5) -> None:
    """Run the parts that were asked for, or all."""
    import torch

    torch.set_num_threads(1)
    if not parts or "together" in parts:
        from benchmarks.trainings.together import run_pairs

        run_pairs(pairs)
    if not parts or "peer" in parts:
        script = os.environ.get("PEER")
        if script is None:
            print("trainings: PEER names no script of diffusers, so nothing ran beside it")
            return
        from benchmarks.trainings.peer import run_pairs as run_peer

        run_peer(Path(script), pairs)
