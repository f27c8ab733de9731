"""Train the `tiny` base from nothing on drawn scenes: `python -m gpu_worker.families.tiny_train --out FOLDER`.

Every process draws its own scenes and trains its own copy on one thread; now and then the copies are averaged
(local SGD, Stich 2018, arXiv:1805.09767), which beats one process with many threads on shared cores by far.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from threading import BrokenBarrierError
from typing import Any

import torch
import torch.multiprocessing as mp
from torch import nn
from torch.nn import functional

from gpu_worker.families.tiny_layers import (
    build_autoencoder,
    build_denoiser,
    build_text_encoder,
    build_tokenizer,
    fit_encoder,
    hold_trigger_words,
    noisy_mix,
    sample_sigmas,
    save_base,
    tokenize,
)
from gpu_worker.families.tiny_start import ScenePool, teach_words, train_decoder

BATCH = 16
LEARNING_RATE = 1.2e-3
WEIGHT_DECAY = 0.01
CAPTION_DROP = 0.1
EMA_DECAY = 0.998
FIRST_SCENES = 3000
"""Scenes a process draws before training starts; at every step it draws a few more."""
FRESH_PER_STEP = 4
STEPS_BETWEEN_AVERAGES = 8
PEER_PATIENCE_SECONDS = 120.0
COOL_DOWN_SHARE = 0.3


@dataclass
class SharedWeights:
    """One flat copy of the weights per process, in shared memory, and the door where processes meet."""

    flat: torch.Tensor
    meeting: Any
    deadline: float


def _flat(parameters: list[nn.Parameter]) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in parameters])


def _assign(parameters: list[nn.Parameter], flat: torch.Tensor) -> None:
    at = 0
    with torch.no_grad():
        for p in parameters:
            p.copy_(flat[at : at + p.numel()].view_as(p))
            at += p.numel()


def _meet(shared: SharedWeights, rank: int, parameters: list[nn.Parameter]) -> bool:
    """Average the weights of all processes in place; return False when the others are gone."""
    shared.flat[rank].copy_(_flat(parameters))
    try:
        shared.meeting.wait(PEER_PATIENCE_SECONDS)
        mean = shared.flat.mean(0)
        shared.meeting.wait(PEER_PATIENCE_SECONDS)
    except BrokenBarrierError:  # a peer ended, or is stuck
        return False
    _assign(parameters, mean)
    return True


@dataclass(frozen=True)
class Run:
    """What one training run was asked for."""

    out: Path
    minutes: float
    processes: int
    seed: int
    work: Path
    """Where the state lies that a later run can go on from."""
    warm_up_minutes: float
    snapshot_minutes: float
    first_scenes: int
    is_compiled: bool


def train_denoiser(run: Run, rank: int, shared: SharedWeights, work: Path, pool: ScenePool) -> None:
    """Train denoiser and text encoder together until the deadline; rank 0 keeps the average and saves it."""
    tokenizer = build_tokenizer(work)
    autoencoder, denoiser, text_encoder = build_autoencoder(), build_denoiser(), build_text_encoder()
    started = torch.load(work / "start.pt", weights_only=True)
    autoencoder.load_state_dict(started["autoencoder"])
    denoiser.load_state_dict(started["denoiser"])
    text_encoder.load_state_dict(started["text_encoder"])
    hold_trigger_words(text_encoder)
    pool.encode_with(autoencoder)
    denoiser = denoiser.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    parameters = [*denoiser.parameters(), *text_encoder.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=LEARNING_RATE, betas=(0.9, 0.99), weight_decay=WEIGHT_DECAY)
    averaged = _flat(parameters)
    forward = torch.compile(denoiser) if run.is_compiled else denoiser
    generator = torch.Generator().manual_seed(run.seed * 100 + rank)
    start, steps, loss_mean, last_save, has_peers = time.time(), int(started["steps"]), 1.0, time.time(), True
    first_step = steps
    while (now := time.time()) < shared.deadline:
        left = (shared.deadline - now) / (shared.deadline - start)
        rate = LEARNING_RATE * min(1.0, (steps - first_step + 1) / 60, left / COOL_DOWN_SHARE + 0.02)
        for group in optimizer.param_groups:
            group["lr"] = rate
        pool.draw(FRESH_PER_STEP)
        latents, scenes = pool.sample_latents(BATCH)
        embeds = text_encoder(tokenize(tokenizer, pool.captions(scenes, CAPTION_DROP)))[0]
        sigmas = sample_sigmas(len(latents), generator)
        noise = torch.randn(latents.shape, generator=generator)
        sample = noisy_mix(latents, noise, sigmas).contiguous(memory_format=torch.channels_last)
        output = forward(sample, sigmas * 1000, encoder_hidden_states=embeds).sample
        loss = functional.mse_loss(output, noise - latents)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        steps += 1
        loss_mean = 0.98 * loss_mean + 0.02 * float(loss.detach())
        if has_peers and run.processes > 1 and steps % STEPS_BETWEEN_AVERAGES == 0:
            has_peers = _meet(shared, rank, parameters)
        averaged.lerp_(_flat(parameters), 1 - min(EMA_DECAY, (steps + 1) / (steps + 20)))
        if rank == 0 and steps % 50 == 0:
            spent = (time.time() - start) / (steps - first_step)
            print(f"step {steps} loss {loss_mean:.4f} {spent:.2f} s/step {left:.2f} left", flush=True)
        if rank == 0 and time.time() - last_save > run.snapshot_minutes * 60:
            last_save = time.time()
            _save(run, work, autoencoder, denoiser, text_encoder, averaged, steps)
    if rank == 0:
        _save(run, work, autoencoder, denoiser, text_encoder, averaged, steps)


def _save(
    run: Run,
    work: Path,
    autoencoder: nn.Module,
    denoiser: nn.Module,
    text_encoder: nn.Module,
    averaged: torch.Tensor,
    steps: int,
) -> None:
    """Write the averaged weights as a diffusers folder, and the same in full precision to go on from."""
    clean, words = build_denoiser(), build_text_encoder()
    words.load_state_dict(text_encoder.state_dict())
    _assign([*clean.parameters(), *words.parameters()], averaged)
    torch.save(
        {
            "autoencoder": autoencoder.state_dict(),
            "denoiser": clean.state_dict(),
            "text_encoder": words.state_dict(),
            "steps": steps,
        },
        work / "last.pt.part",
    )
    os.replace(work / "last.pt.part", work / "last.pt")
    save_base(run.out, autoencoder, clean, words, build_tokenizer(work))
    samples = steps * BATCH * run.processes
    (work / "progress.json").write_text(json.dumps({"steps": steps, "samples": samples}))


def _prepare(run: Run, rank: int, work: Path, pool: ScenePool) -> None:
    """Fit the autoencoder (rank 0) and give the words a start (the last rank), each in its own file."""
    seconds = run.warm_up_minutes * 60
    torch.manual_seed(run.seed)
    if rank == 0:
        autoencoder = build_autoencoder()
        fit_encoder(autoencoder, pool.sample(1024)[0])
        save_base(run.out, autoencoder, build_denoiser(), build_text_encoder(), build_tokenizer(work))
        print(f"decoder loss {train_decoder(autoencoder, pool, seconds):.4f}", flush=True)
        torch.save(autoencoder.state_dict(), work / "autoencoder.pt")
    if rank == run.processes - 1:
        text_encoder = build_text_encoder()
        print(f"words loss {teach_words(text_encoder, build_tokenizer(work), pool, seconds):.4f}", flush=True)
        torch.save(text_encoder.state_dict(), work / "text_encoder.pt")


def _worker(rank: int, run: Run, shared: SharedWeights, work: Path) -> None:
    torch.set_num_threads(1)
    pool = ScenePool(run.seed * 1000 + rank)
    pool.draw(run.first_scenes)
    if not (work / "start.pt").exists():
        _prepare(run, rank, work, pool)
        shared.meeting.wait()
        if rank == 0:
            torch.manual_seed(run.seed)
            torch.save(
                {
                    "autoencoder": torch.load(work / "autoencoder.pt", weights_only=True),
                    "text_encoder": torch.load(work / "text_encoder.pt", weights_only=True),
                    "denoiser": build_denoiser().state_dict(),
                    "steps": 0,
                },
                work / "start.pt",
            )
        shared.meeting.wait()
    train_denoiser(run, rank, shared, work, pool)


def train(run: Run) -> None:
    """Run the whole training: prepare, train on every process, and save into `run.out`."""
    work = run.work
    work.mkdir(parents=True, exist_ok=True)
    if (work / "last.pt").exists():
        os.replace(work / "last.pt", work / "start.pt")
    width = len(_flat([*build_denoiser().parameters(), *build_text_encoder().parameters()]))
    context = mp.get_context("spawn")
    shared = SharedWeights(
        flat=torch.zeros(run.processes, width).share_memory_(),
        meeting=context.Barrier(run.processes),
        deadline=time.time() + run.minutes * 60,
    )
    if run.processes == 1:
        _worker(0, run, shared, work)
    else:
        mp.spawn(_worker, args=(run, shared, work), nprocs=run.processes)  # pyright: ignore[reportPrivateImportUsage]


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder to write the base into")
    parser.add_argument("--minutes", type=float, default=70.0, help="how long to train, all stages together")
    parser.add_argument("--processes", type=int, default=2, help="training processes of one thread each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--resume", type=Path, default=None, help="work folder to keep and to go on from")
    parser.add_argument("--warm-up-minutes", type=float, default=6.0, help="for the decoder and the words")
    parser.add_argument("--snapshot-minutes", type=float, default=8.0)
    parser.add_argument("--no-compile", action="store_true", help="where no C++ compiler is at hand")
    asked = parser.parse_args()
    train(
        Run(
            out=asked.out,
            minutes=asked.minutes,
            processes=asked.processes,
            seed=asked.seed,
            work=asked.resume or Path(tempfile.mkdtemp(prefix="tiny-train-")),
            warm_up_minutes=asked.warm_up_minutes,
            snapshot_minutes=asked.snapshot_minutes,
            first_scenes=FIRST_SCENES,
            is_compiled=not asked.no_compile,
        )
    )


if __name__ == "__main__":
    main()
