"""One picture on `tiny`, made by our engine and by diffusers' own pipeline, in turns.

Both draw the same prompt at the same size, steps and guidance, on the same weights in fp32 and the same
threads. The median of the pairs' ratios is what may be quoted; the seconds depend on the machine.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import time
from datetime import UTC, datetime

import diffusers
import torch

from benchmarks.report import RESULTS
from gpu_worker.engine import Engine
from gpu_worker.families.registry import load_family
from gpu_worker.families.tiny import SHIPPED_FOLDER
from gpu_worker.runner import Runner
from gpu_worker.tasks import PictureOrder

PROMPT = "a red mug on a beach"
STEPS = 20
GUIDANCE = 4.0


def picture_by_engine(engine: Engine, seed: int) -> float:
    """Return the seconds that our engine takes."""
    started = time.perf_counter()
    order = PictureOrder(f"bench-{seed}", (PROMPT,), (seed,), 64, 64, STEPS, GUIDANCE)
    engine.add(engine.runner.begin_pictures(order))
    while not engine.is_idle:
        engine.step()
    return time.perf_counter() - started


def picture_by_diffusers(pipeline: diffusers.StableDiffusionPipeline, seed: int) -> float:
    """Return the seconds that the stock pipeline takes."""
    started = time.perf_counter()
    pipeline(
        PROMPT,
        height=64,
        width=64,
        num_inference_steps=STEPS,
        guidance_scale=GUIDANCE,
        generator=torch.Generator().manual_seed(seed),
    )
    return time.perf_counter() - started


def run_pairs(pairs: int, threads: int) -> None:
    """Run the pairs and write the figures with machine, versions and date."""
    torch.set_num_threads(threads)
    engine = Engine(Runner(load_family("tiny")))
    pipeline = diffusers.StableDiffusionPipeline.from_pretrained(
        SHIPPED_FOLDER,
        safety_checker=None,
        requires_safety_checker=False,
        local_files_only=True,
        torch_dtype=torch.float32,
    )
    pipeline.set_progress_bar_config(disable=True)
    picture_by_engine(engine, 0)
    picture_by_diffusers(pipeline, 0)
    ours, theirs = [], []
    for seed in range(1, pairs + 1):
        ours.append(picture_by_engine(engine, seed))
        theirs.append(picture_by_diffusers(pipeline, seed))
    ratios = [their / our for our, their in zip(ours, theirs, strict=True)]
    result = {
        "benchmark": "one picture on tiny, 64x64, 20 steps, guided, fp32",
        "peer": f"diffusers {diffusers.__version__} StableDiffusionPipeline",
        "ratio_peer_over_ours": {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)},
        "seconds_ours_median": statistics.median(ours),
        "seconds_peer_median": statistics.median(theirs),
        "pairs": pairs,
        "threads": threads,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, {platform.system()}",
        "torch": torch.__version__,
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "picture-on-tiny.json"
    path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=2))
