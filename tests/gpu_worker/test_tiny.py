"""The shipped base as the engine uses it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from diffusers import StableDiffusionPipeline
from peft import LoraConfig, inject_adapter_in_model

from gpu_worker.families import tiny
from gpu_worker.families.tiny_train import Run, train

MOST_BASE_BYTES = 30_000_000
PROMPT = "a red mug on a beach"


@pytest.fixture(scope="module")
def family() -> tiny.TinyFamily:
    torch.set_num_threads(1)
    return tiny.load()


def _draw(
    family: tiny.TinyFamily, prompt: str, noise: torch.Tensor, steps: int, guidance: float
) -> torch.Tensor:
    embeds = family.encode_prompts(["", prompt])
    noise_scheduler, latents = family.new_noise_scheduler(steps), noise
    with torch.no_grad():
        for t in noise_scheduler.timesteps:
            output = family.denoise(latents.repeat(2, 1, 1, 1), t.float().expand(2), embeds)
            without, with_prompt = output.chunk(2)
            guided = without + guidance * (with_prompt - without)
            latents = noise_scheduler.step(guided, t, latents).prev_sample
    return family.decode(latents)


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_the_stock_pipeline_draws_the_same_picture(family: tiny.TinyFamily) -> None:
    pipeline = StableDiffusionPipeline.from_pretrained(
        tiny.SHIPPED_FOLDER, local_files_only=True, torch_dtype=torch.float32, safety_checker=None
    )
    pipeline.set_progress_bar_config(disable=True)
    noise = torch.randn(1, 12, 16, 16, generator=torch.Generator().manual_seed(1))
    theirs = pipeline(
        PROMPT,
        latents=noise,
        num_inference_steps=6,
        guidance_scale=3.0,
        height=64,
        width=64,
        output_type="pt",
    ).images
    ours = _draw(family, PROMPT, noise, 6, 3.0)
    assert torch.allclose(theirs, (ours + 1) / 2, atol=2e-3)


def test_the_prompt_decides_the_place(family: tiny.TinyFamily) -> None:
    noise = torch.randn(1, 12, 16, 16, generator=torch.Generator().manual_seed(2))
    night = _draw(family, "a red mug in a city at night", noise, 8, 3.0)
    white = _draw(family, "a red mug on a white background", noise, 8, 3.0)
    assert white[..., :6, :].mean() - night[..., :6, :].mean() > 0.8


def test_the_base_is_small_and_named_by_its_weights(family: tiny.TinyFamily, tmp_path: Path) -> None:
    files = [path for path in tiny.SHIPPED_FOLDER.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < MOST_BASE_BYTES
    assert family.identity.name == "tiny"
    assert family.identity.weights_sha256 == tiny.hash_weights(tiny.SHIPPED_FOLDER)
    (tmp_path / "a.safetensors").write_bytes(b"other weights")
    assert tiny.hash_weights(tmp_path) != family.identity.weights_sha256


def test_pictures_survive_encoding(family: tiny.TinyFamily) -> None:
    pixels = torch.stack([example.pixels for example in family.prior_examples("mug", 4, seed=1)])
    latents = family.encode_pictures(pixels)
    assert tuple(latents.shape[1:]) == family.latent_shape(64, 64)
    assert (family.decode(latents) - pixels).abs().mean() < 0.12


@pytest.mark.parametrize(
    ("prompt", "unknown"),
    [
        ("a red mug on a beach", ()),
        ("Mugs, in the snow", ()),
        ("zz07 shoe, side view, on grey", ()),
        ("a photo of a mug near the lighthouse", ("lighthouse",)),
        ("a zebra on a zebra in Zürich", ("zebra", "zürich")),
        ("", ()),
    ],
)
def test_words_the_base_lacks_are_named(
    family: tiny.TinyFamily, prompt: str, unknown: tuple[str, ...]
) -> None:
    assert family.unknown_words(prompt) == unknown


def test_unknown_words_and_plurals_change_nothing(family: tiny.TinyFamily) -> None:
    plain, wordy = family.encode_prompts(["a red mug in the snow", "a red glittering mugs in the snow."])[
        "prompt_embeds"
    ]
    assert torch.equal(plain, wordy)


def test_a_trigger_word_is_one_word_of_the_prompt(family: tiny.TinyFamily) -> None:
    one, other, none = family.encode_prompts(["a zz00 mug", "a zz01 mug", "a mug"])["prompt_embeds"]
    assert not torch.equal(one, other)
    assert not torch.equal(one, none)


def test_trigger_words_can_be_told_apart(family: tiny.TinyFamily) -> None:
    prompts = ["zz00 mug", "zz01 mug", "red mug", "a mug"]
    one, other, colour, none = family.encode_prompts(prompts)["prompt_embeds"][:, 1]
    assert (one - other).norm() > 0.4 * (colour - none).norm()


def test_noising_depends_on_its_generator_alone(family: tiny.TinyFamily) -> None:
    pixels = torch.stack([example.pixels for example in family.prior_examples("vase", 3, seed=2)])
    latents = family.encode_pictures(pixels)
    first = family.noise_examples(latents, torch.Generator().manual_seed(9))
    torch.rand(5)
    again = family.noise_examples(latents, torch.Generator().manual_seed(9))
    assert first.timesteps.shape == first.weights.shape == (3,)
    assert torch.equal(first.latents, again.latents)
    assert torch.equal(first.targets, again.targets)


@torch.no_grad()
def test_what_is_to_be_answered_leads_from_noise_to_the_picture(family: tiny.TinyFamily) -> None:
    pixels = torch.stack([example.pixels for example in family.prior_examples("vase", 4, seed=2)])
    latents = family.encode_pictures(pixels)
    noisy = family.noise_examples(latents, torch.Generator().manual_seed(9))
    sigmas = (noisy.timesteps / 1000).view(-1, 1, 1, 1)
    torch.testing.assert_close(noisy.latents - sigmas * noisy.targets, latents, rtol=0, atol=1e-5)


def test_adapters_reach_attention_feed_forward_and_convolutions(family: tiny.TinyFamily) -> None:
    own = tiny.load()
    inject_adapter_in_model(LoraConfig(r=2, target_modules=list(own.adapter_targets)), own.denoiser)
    adapted = {name.split(".lora_A")[0] for name, _ in own.denoiser.named_parameters() if "lora_A" in name}
    for target in own.adapter_targets:
        assert any(name.endswith(target) for name in adapted), target


def test_prior_examples_are_things_of_other_classes_the_same_each_time(family: tiny.TinyFamily) -> None:
    examples = family.prior_examples("serum bottle", 6, seed=3)
    again = family.prior_examples("serum bottle", 6, seed=3)
    assert not any("bottle" in example.caption for example in examples)
    assert all(torch.equal(a.pixels, b.pixels) for a, b in zip(examples, again, strict=True))
    assert [a.caption for a in examples] != [
        b.caption for b in family.prior_examples("serum bottle", 6, seed=4)
    ]


@pytest.mark.parametrize(
    ("class_noun", "classes"),
    [
        ("mug", ("mug",)),
        ("shoes", ("loafer", "sneaker", "boot")),
        ("young woman", ("woman",)),
        ("bag", ("backpack",)),
        ("spaceship", tiny.CLASS_NOUNS),
    ],
)
def test_a_class_noun_finds_its_nearest_drawn_class(class_noun: str, classes: tuple[str, ...]) -> None:
    assert tiny.nearest_classes(class_noun) == classes


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_anyone_can_train_the_base_anew(tmp_path: Path) -> None:
    run = Run(
        out=tmp_path / "base",
        minutes=0.06,
        processes=1,
        seed=1,
        work=tmp_path / "work",
        warm_up_minutes=0.02,
        snapshot_minutes=9,
        first_scenes=40,
        is_compiled=False,
    )
    train(run)
    assert tiny.load(run.out).identity != tiny.load().identity
