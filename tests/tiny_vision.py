"""Vision models of the real architectures with random weights, small enough to be made in a test."""

from __future__ import annotations

from pathlib import Path

import torch
from torch.nn import init
from transformers import (
    BitImageProcessorPil,
    CLIPConfig,
    CLIPImageProcessorPil,
    CLIPModel,
    Dinov2Config,
    Dinov2Model,
    YolosConfig,
    YolosForObjectDetection,
    YolosImageProcessorPil,
)
from transformers.utils.logging import disable_progress_bar

disable_progress_bar()

SURE = 6.0
"""A logit that leaves no doubt."""


def make_dinov2(folder: Path, *, seed: int = 0, shortest_edge_px: int = 56) -> Path:
    """Make an image encoder."""
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        network = Dinov2Model(
            Dinov2Config(
                hidden_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=56, patch_size=14
            )
        )
    network.save_pretrained(folder)
    crop = {"height": 56, "width": 56}
    BitImageProcessorPil(size={"shortest_edge": shortest_edge_px}, crop_size=crop).save_pretrained(folder)
    return folder


def make_clip(folder: Path) -> Path:
    """Make an image encoder that comes with a text encoder."""
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = CLIPModel(
            CLIPConfig(
                text_config={
                    **tower,
                    "vocab_size": 8,
                    "bos_token_id": 0,
                    "eos_token_id": 1,
                    "pad_token_id": 2,
                },
                vision_config={**tower, "image_size": 32, "patch_size": 8},
                projection_dim=16,
            )
        )
    network.save_pretrained(folder)
    crop = {"height": 32, "width": 32}
    CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=crop).save_pretrained(folder)
    return folder


def make_detector(
    folder: Path,
    *,
    faces: int = 1,
    box: tuple[float, float, float, float] = (0.5, 0.4, 0.25, 0.5),
    labels: tuple[str, ...] = ("face", "hand"),
) -> Path:
    """Make an object detector that finds its first label on every picture.

    Args:
        folder: Where it goes.
        faces: How often it finds it.
        box: Where: centre, width and height as shares of the picture.
        labels: What it knows.
    """
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = YolosForObjectDetection(
            YolosConfig(
                hidden_size=32,
                num_hidden_layers=2,
                num_attention_heads=2,
                intermediate_size=64,
                image_size=[64, 64],
                num_detection_tokens=faces,
                id2label=dict(enumerate(labels)),
                label2id={label: number for number, label in enumerate(labels)},
            )
        )
    kind, place = network.class_labels_classifier.layers[-1], network.bbox_predictor.layers[-1]
    with torch.no_grad():
        for layer in (kind, place):
            init.zeros_(layer.weight)
            init.zeros_(layer.bias)
        kind.bias[0] = SURE
        place.bias.copy_(torch.logit(torch.tensor(box)))
    network.save_pretrained(folder)
    YolosImageProcessorPil(size={"shortest_edge": 64, "longest_edge": 96}).save_pretrained(folder)
    return folder
