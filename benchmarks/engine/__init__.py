"""The step engine beside the ways that diffusers, peft and vLLM-Omni have: eight people, each with a name of their own.

    batch        steps of the denoiser alone, on tiny's and on a larger one, and what each of our means brought
    end-to-end   pictures on tiny: text, steps, decode, beside diffusers' own pipeline
    swap         a thousand adapters through 32 slots, and the memory of ten thousand requests
    compile      torch.compile: graphs whatever adapters come and go, and what compiling brings

Everything is fp32 on one thread. Ways take turns, and what may be quoted is the median over the rounds of one way's
rate beside another's. Seconds are those that the thread computed (`time.thread_time`), so that what else keeps the
machine busy is not counted, though it still slows down caches and memory for all ways alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

from benchmarks.engine import batch, compiled, end_to_end, swap

PARTS: dict[str, Callable[[int], None]] = {
    **{f"batch-{name}": batch.part(name) for name in batch.PLACES},
    "end-to-end": end_to_end.run,
    "swap": swap.run,
    "compile": compiled.run,
}


@torch.no_grad()
def run_all(parts: Sequence[str], rounds: int) -> None:
    """Run some parts, or all; a part is named in full or by how its name begins.

    Raises:
        SystemExit: There is no such part.
    """
    torch.set_num_threads(1)
    chosen = {name for name in PARTS if not parts or any(name.startswith(part) for part in parts)}
    if not all(any(name.startswith(part) for name in PARTS) for part in parts):
        raise SystemExit(f"the parts are {', '.join(PARTS)}")
    for name in PARTS:
        if name in chosen:
            PARTS[name](rounds)
