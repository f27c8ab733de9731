"""A thousand adapters pass through 32 slots, one request after another: what a swap takes, and what memory does."""

from __future__ import annotations

import time

import psutil
import torch

from benchmarks import report
from benchmarks.engine.ways import random_factors
from gpu_worker.adapters import AdapterShape
from gpu_worker.bank import AdapterBank
from gpu_worker.banked_layers import bank_layers
from gpu_worker.runner import load_family

RANK = 8
ADAPTERS = 1000
REQUESTS = 10_000
SAMPLES = 10
DIFFERENT = 8
"""Sets of factors that the adapters are made of: making more would take longer than the measurement."""


def run(rounds: int) -> None:
    """Cycle the adapters, and write the file. The requests are the rounds."""
    del rounds
    family = load_family("tiny")
    shape = AdapterShape(RANK, RANK, tuple(family.adapter_targets))
    denoiser = family.denoiser.requires_grad_(False).eval()
    factors = [random_factors(denoiser, shape, seed) for seed in range(DIFFERENT)]
    bank = AdapterBank(bank_layers(denoiser, shape.target_paths(denoiser)), torch.device("cpu"))
    for number in range(ADAPTERS):
        bank.put(f"adapter{number}", factors[number % DIFFERENT], shape.scale)
    process = psutil.Process()
    seconds: list[float] = []
    resident_mib: list[float] = []
    for number in range(REQUESTS):
        name = f"adapter{number % ADAPTERS}"
        assert name not in bank.resident
        started = time.thread_time()
        bank.compose([((name, 1.0),)])
        seconds.append(time.thread_time() - started)
        if number % (REQUESTS // SAMPLES) == REQUESTS // SAMPLES - 1:
            resident_mib.append(process.memory_info().rss / 2**20)
    figures = {
        "benchmark": f"{ADAPTERS} adapters of rank {RANK} on tiny's UNet through {bank.capacity} slots",
        "requests": REQUESTS,
        "swap": report.milliseconds(seconds),
        f"resident_mib_after_every_{REQUESTS // SAMPLES}_requests": resident_mib,
        "growth_mib_from_first_to_last": resident_mib[-1] - resident_mib[0],
    }
    report.write("engine-swap", figures)
