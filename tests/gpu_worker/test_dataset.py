"""What a training sees of the photos."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import torch
from PIL import Image, ImageOps

from core.rules.kinds import ModelKind
from gpu_worker.dataset import TrainingSet, build_training_set, closer, open_photo, to_pixels, variants
from tests.gpu_worker.small_family import SmallFamily
from tests.gpu_worker.specs import photo, preset, train_spec


def is_among(wanted: Image.Image, images: list[Image.Image]) -> bool:
    return any(
        image.size == wanted.size and np.array_equal(np.asarray(image), np.asarray(wanted))
        for image in images
    )


def test_a_product_is_never_mirrored() -> None:
    original = open_photo(photo())
    seen = list(variants(original, ModelKind.PRODUCT))
    assert is_among(original, seen)
    assert not is_among(ImageOps.mirror(original), seen)


def test_a_character_is_seen_from_both_sides() -> None:
    original = open_photo(photo())
    seen = list(variants(original, ModelKind.CHARACTER))
    assert is_among(original, seen)
    assert is_among(ImageOps.mirror(original), seen)


def test_crops_keep_nearly_all_of_the_photo() -> None:
    original = open_photo(photo(side_px=200))
    assert min(view.width for view in variants(original, ModelKind.PRODUCT)) >= 0.9 * original.width


def small_red_square_on_grey() -> Image.Image:
    noise = np.random.default_rng(1).integers(110, 140, (200, 200, 3), dtype=np.uint8)
    image = Image.fromarray(noise)
    image.paste((220, 20, 20), (70, 120, 120, 170))
    return image


def test_a_small_base_comes_closer_to_a_subject_that_is_far_away() -> None:
    near = closer(small_red_square_on_grey(), 64)
    red = (np.asarray(near) == (220, 20, 20)).all(axis=2)
    assert red.sum() == 50 * 50, "nothing of the subject is cut off"
    assert red.mean() > 0.3
    assert near.width == near.height


def test_a_large_base_keeps_the_surroundings() -> None:
    photo_as_it_is = small_red_square_on_grey()
    assert closer(photo_as_it_is, 1024) is photo_as_it_is


def test_a_photo_without_a_clear_subject_stays_whole() -> None:
    flat = Image.new("RGB", (100, 100), "grey")
    assert closer(flat, 64) is flat


def test_pixels_span_what_the_base_expects() -> None:
    pixels = to_pixels(Image.new("RGB", (40, 40), (255, 0, 127)), 16)
    assert pixels.shape == (3, 16, 16)
    assert pixels.amax().item() == 1.0
    assert pixels.amin().item() == -1.0


def training_set() -> TrainingSet:
    return build_training_set(SmallFamily(), train_spec(), [photo(), photo("navy")])


def test_half_of_a_batch_is_other_things_of_the_class() -> None:
    examples = training_set()
    family = SmallFamily()
    _, conditioning = examples.batch(8, 0.5, torch.Generator().manual_seed(1))
    subject, prior = family.encode_prompts(["zz03 mug, side view", "mug on grey"])["prompt_embeds"]
    seen = Counter(
        "subject" if torch.equal(row, subject) else "prior" if torch.equal(row, prior) else "neither"
        for row in conditioning["prompt_embeds"]
    )
    assert seen == {"subject": 4, "prior": 4}


def test_a_batch_of_one_shows_the_subject_every_other_time() -> None:
    examples = training_set()
    generator = torch.Generator().manual_seed(1)
    subject = SmallFamily().encode_prompts(["zz03 mug, side view"])["prompt_embeds"]
    shown = sum(
        torch.equal(examples.batch(1, 0.5, generator)[1]["prompt_embeds"], subject) for _ in range(200)
    )
    assert 70 < shown < 130


def test_without_a_prior_share_nothing_else_is_drawn() -> None:
    spec = train_spec(training_preset=replace(preset(), prior_fraction=0.0))
    without = build_training_set(SmallFamily(), spec, [photo(), photo("navy")])
    assert without.prior is None
    latents, _ = without.batch(6, 0.0, torch.Generator().manual_seed(1))
    assert len(latents) == 6


def test_what_was_encoded_can_be_trained_on() -> None:
    latents, conditioning = training_set().batch(4, 0.5, torch.Generator().manual_seed(1))
    weight = torch.ones((), requires_grad=True)
    (latents.mean() * weight + conditioning["prompt_embeds"].mean() * weight).backward()
    assert weight.grad is not None
