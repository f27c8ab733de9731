"""A picture of each large base is the one that diffusers' own pipeline draws from the same folder and noise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import DiffusionPipeline

from gpu_worker.conditioning import Frame
from gpu_worker.families import pipeline_family
from gpu_worker.runner import Runner
from gpu_worker.tasks import GenerateTask, PictureOrder
from tests.gpu_worker.families.folders import PIPELINES

TOLERANCE = 1e-4
"""Most difference of a pixel in [0, 1], float32; a grey level is forty times that."""
ORDER = PictureOrder(
    task_id="pictures",
    prompts=("a red mug on a beach",),
    seeds=(5,),
    width_px=96,
    height_px=64,
    num_inference_steps=3,
    guidance_scale=3.0,
)


def draw(runner: Runner, order: PictureOrder) -> GenerateTask:
    task = runner.begin_pictures(order)
    while not task.is_finished:
        runner.denoise(task)
    return task


def ours(runner: Runner, order: PictureOrder) -> torch.Tensor:
    return (runner.family.decode(draw(runner, order).latents) + 1) / 2


def theirs(folder: Path, order: PictureOrder, lora: Path | None = None) -> torch.Tensor:
    """Ask diffusers, in its own words for guidance and noise."""
    pipeline: Any = DiffusionPipeline.from_pretrained(folder, local_files_only=True)
    pipeline.set_progress_bar_config(disable=True)
    if lora is not None:
        pipeline.load_lora_weights(lora.parent, weight_name=lora.name)
    kind = type(pipeline).__name__
    channels = (
        pipeline.unet if kind == "StableDiffusionXLPipeline" else pipeline.transformer
    ).config.in_channels
    height, width = order.height_px // 8, order.width_px // 8
    shape = {
        "FluxPipeline": (channels // 4, height, width),
        "BriaPipeline": (channels // 4, height, width),
        "Flux2KleinPipeline": (channels, height // 2, width // 2),
    }.get(kind, (channels, height, width))
    noise = torch.randn(shape, generator=torch.Generator().manual_seed(order.seeds[0]))[None]
    if kind in ("FluxPipeline", "BriaPipeline"):
        noise = pipeline._pack_latents(noise, 1, *shape)
    options: dict[str, Any] = {"guidance_scale": order.guidance_scale}
    if kind == "ZImagePipeline":
        options["guidance_scale"] -= 1.0
    if order.negative_prompt:
        options["negative_prompt"] = order.negative_prompt
    return pipeline(
        prompt=order.prompts[0],
        latents=noise,
        num_inference_steps=order.num_inference_steps,
        height=order.height_px,
        width=order.width_px,
        output_type="pt",
        **options,
    ).images


@pytest.mark.parametrize("title", PIPELINES)
def test_diffusers_own_pipeline_draws_the_same_picture(
    title: str, folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner]
) -> None:
    picture = ours(runner_of(title), ORDER)
    assert picture.shape == (1, 3, ORDER.height_px, ORDER.width_px)
    torch.testing.assert_close(picture, theirs(folder_of(title), ORDER), atol=TOLERANCE, rtol=0)


@pytest.mark.parametrize("title", ["sdxl", "bria", "z_image"])
def test_what_to_avoid_has_the_same_effect(
    title: str, folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner]
) -> None:
    avoiding = replace(ORDER, negative_prompt="blurry")
    picture = ours(runner_of(title), avoiding)
    torch.testing.assert_close(picture, theirs(folder_of(title), avoiding), atol=TOLERANCE, rtol=0)
    assert (picture - ours(runner_of(title), ORDER)).abs().max() > 10 * TOLERANCE


@pytest.mark.parametrize("title", PIPELINES)
def test_words_seed_and_guidance_each_change_the_picture(
    title: str, runner_of: Callable[[str], Runner]
) -> None:
    runner = runner_of(title)
    others = {
        "words": replace(ORDER, prompts=("a blue shoe in the snow, at night",)),
        "seed": replace(ORDER, seeds=(6,)),
        "guidance": replace(ORDER, guidance_scale=1.0),
    }
    if title in ("flux-schnell", "klein-distilled"):
        del others["guidance"]  # these were distilled to draw without
    picture = ours(runner, ORDER)
    for what, other in others.items():
        assert (picture - ours(runner, other)).abs().max() > 10 * TOLERANCE, what


@pytest.mark.parametrize("title", PIPELINES)
def test_what_was_encoded_decodes_to_what_the_autoencoder_makes_of_it(
    title: str, runner_of: Callable[[str], Runner]
) -> None:
    family: Any = runner_of(title).family
    pixels = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(1)) * 2 - 1
    latents = family.encode_pictures(pixels)
    assert tuple(latents.shape) == (2, *family.latent_shape(96, 64))
    with torch.no_grad():
        straight = family.autoencoder.decode(family.autoencoder.encode(pixels).latent_dist.mode()).sample
    torch.testing.assert_close(family.decode(latents), straight.clamp(-1, 1), atol=TOLERANCE, rtol=0)


def test_large_pictures_are_decoded_one_after_the_other(runner_of: Callable[[str], Runner]) -> None:
    family: Any = runner_of("sdxl").family
    turns = family._in_turns(torch.zeros(5, 4, 128, 128), 8)
    assert [len(rows) for rows in turns] == [1] * 5
    assert [len(rows) for rows in family._in_turns(torch.zeros(5, 4, 64, 64), 8)] == [4, 1]


def test_a_prompt_is_encoded_once_and_the_oldest_is_forgotten(
    runner_of: Callable[[str], Runner], monkeypatch: pytest.MonkeyPatch
) -> None:
    family: Any = runner_of("sdxl").family
    asked: list[str] = []
    encode = family._encode
    monkeypatch.setattr(family, "_encode", lambda prompt: asked.append(prompt) or encode(prompt))
    monkeypatch.setattr(pipeline_family, "PROMPTS_KEPT", 2)
    family._remembered.clear()
    frame = Frame(64, 64)
    family.encode_prompts(["a mug", "a shoe", "a mug"], frame)
    assert asked == ["a mug", "a shoe"]
    family.encode_prompts(["a hat"], frame)
    family.encode_prompts(["a mug", "a shoe"], frame)
    assert asked == ["a mug", "a shoe", "a hat", "a shoe"]
