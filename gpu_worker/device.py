"""What this worker computes on."""

from __future__ import annotations

import gc
import os

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


def release_memory() -> None:
    """Give back what PyTorch keeps for later, so that a smaller try finds it in one piece."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
