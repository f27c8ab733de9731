"""What this worker computes on."""

from __future__ import annotations

import gc
import math
import os
from collections.abc import Callable

import torch


def memory_bytes() -> int:
    """Return the memory of the device, or of the machine where there is no GPU."""
    if torch.cuda.is_available():
        return int(torch.cuda.get_device_properties(0).total_memory)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def device_title() -> str:
    """Return the device's name, as the operator knows it."""
    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else f"CPU, {os.cpu_count()} cores"


def is_out_of_memory(fault: BaseException) -> bool:
    """Whether a device had no room for something; less at a time may then go where this did not."""
    # On a CPU, PyTorch's allocator has no error of its own.
    says_so = isinstance(fault, RuntimeError) and "DefaultCPUAllocator: can't allocate memory" in str(fault)
    return says_so or isinstance(fault, torch.OutOfMemoryError | MemoryError)


def in_parts_that_fit(
    compute: Callable[[slice], torch.Tensor], rows: int, most: int
) -> tuple[torch.Tensor, int]:
    """Compute something for each of some rows, in halves again and again where memory is short.

    Args:
        compute: Returns what it makes of some of the rows, with a row for each.
        rows: How many there are.
        most: How many to try at a time.

    Returns:
        What was made of all rows, and how many at a time went well.

    Raises:
        torch.OutOfMemoryError: Not even a single row fits; on a CPU RuntimeError or MemoryError.
    """
    size = min(most, rows)
    while True:
        parts = [slice(start, start + size) for start in range(0, rows, size)]
        try:
            return (compute(parts[0]) if size == rows else torch.cat([compute(part) for part in parts])), size
        except (RuntimeError, MemoryError) as fault:
            if size == 1 or not is_out_of_memory(fault):
                raise
        # Not inside the except: the fault's traceback holds on to the memory of what failed.
        release_memory()
        size = math.ceil(size / 2)


def release_memory() -> None:
    """Give back what PyTorch keeps for later, so that a smaller try finds it in one piece."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
