"""How alike are pictures and true photos of a subject, and does a picture show the place it was asked for?

The judge behind these numbers is a small network trained on this project's drawn scenes
(`families/tiny_judge.py`). For drawn subjects its scale is measured: 0 means no more alike than another thing of
the same class, 1 as alike as one more true photo. For real photos it is out of its domain: the number is still
reported, to compare pictures of one subject with each other, but it is not calibrated there.

`python -m gpu_worker.likeness --true A.png B.png --pictures P1.png P2.png [--prompts "..." "..."] --json`
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from gpu_worker.families import tiny_judge
from gpu_worker.families.tiny_layers import SIZE_PX
from gpu_worker.families.tiny_world.captions import PLACE_PHRASES
from gpu_worker.families.tiny_world.places import PLACE_NAMES

CLOSE_LIKENESS = 0.7
"""From here on the thread says "close": most true photos of drawn subjects lie above, other things below."""


@dataclass(frozen=True)
class Judge:
    """The loaded network with its calibration."""

    network: tiny_judge.JudgeNetwork
    calibration: tiny_judge.Calibration

    @torch.no_grad()
    def look(self, pictures: Sequence[Image.Image]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return unit embeddings, [B, 64], and place probabilities, [B, 12]."""
        embeddings, places = self.network(torch.stack([as_pixels(picture) for picture in pictures]))
        return embeddings, places.softmax(1)


@cache
def load_judge(folder: Path = tiny_judge.SHIPPED_FOLDER) -> Judge:
    """Load the shipped judge once."""
    return Judge(*tiny_judge.load(folder))


def as_pixels(picture: Image.Image) -> torch.Tensor:
    """Return the middle square of a picture as the judge sees it, [3, 64, 64] in [-1, 1]."""
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.convert("RGB").crop((left, top, left + side, top + side))
    small = square.resize(
        (SIZE_PX, SIZE_PX), Image.Resampling.BOX if side >= SIZE_PX else Image.Resampling.BICUBIC
    )
    return torch.from_numpy(np.asarray(small).copy()).permute(2, 0, 1).float() / 127.5 - 1


def likeness_of_each(pictures: Sequence[Image.Image], true_photos: Sequence[Image.Image]) -> list[float]:
    """Return each picture's likeness to the subject of `true_photos`, in [0, 1]."""
    judge = load_judge()
    truth = functional.normalize(judge.look(true_photos)[0].mean(0), dim=0)
    floor, ceiling = judge.calibration.other_of_its_class, judge.calibration.another_true_photo
    scaled = (judge.look(pictures)[0] @ truth - floor) / (ceiling - floor)
    return [round(float(value), 4) for value in scaled.clamp(0, 1)]


def likeness(pictures: Sequence[Image.Image], true_photos: Sequence[Image.Image]) -> float:
    """Return the mean likeness of `pictures` to the subject of `true_photos`, in [0, 1]."""
    each = likeness_of_each(pictures, true_photos)
    return sum(each) / len(each)


def scene_of(picture: Image.Image) -> tuple[str, float]:
    """Return the most probable place and its probability."""
    places = load_judge().look([picture])[1][0]
    best = int(places.argmax())
    return PLACE_NAMES[best], round(float(places[best]), 4)


def asked_scene(prompt: str) -> str | None:
    """Return the place that a prompt asks for, the longest phrase winning; None if it names none."""
    words = f" {' '.join(prompt.lower().replace(',', ' ').split())} "
    found = [
        (len(phrase), name)
        for name, phrases in PLACE_PHRASES.items()
        for phrase in (*phrases, f"the {name}", f"a {name}")
        if f" {phrase} " in words
    ]
    return max(found)[1] if found else None


def obeys(picture: Image.Image, prompt: str) -> bool:
    """Say whether a picture shows the place its prompt asks for; true where the prompt asks for none."""
    asked = asked_scene(prompt)
    return asked is None or scene_of(picture)[0] == asked


def main() -> None:
    """Read the command line, judge, and print one JSON object."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--true", type=Path, nargs="+", required=True, help="true photos of the subject")
    parser.add_argument("--pictures", type=Path, nargs="+", required=True, help="pictures to judge")
    parser.add_argument("--prompts", nargs="+", default=(), help="one for each picture, or one for all")
    parser.add_argument("--json", action="store_true", help="kept for clarity: the output is always JSON")
    asked = parser.parse_args()
    prompts = list(asked.prompts) * (len(asked.pictures) if len(asked.prompts) == 1 else 1)
    if prompts and len(prompts) != len(asked.pictures):
        parser.error("give one prompt for each picture, or one for all")
    torch.set_num_threads(1)
    pictures = [Image.open(path) for path in asked.pictures]
    each = likeness_of_each(pictures, [Image.open(path) for path in asked.true])
    rows = []
    for k, (path, picture) in enumerate(zip(asked.pictures, pictures, strict=True)):
        scene, probability = scene_of(picture)
        row = {"path": str(path), "likeness": each[k], "scene": scene, "scene_probability": probability}
        rows.append({**row, "obeyed": obeys(picture, prompts[k]) if prompts else None})
    print(json.dumps({"likeness": round(sum(each) / len(each), 4), "pictures": rows}))


if __name__ == "__main__":
    main()
