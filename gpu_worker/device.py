"""What this worker computes on."""

from __future__ import annotations

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
