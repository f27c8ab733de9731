"""A training's examples: photos and other things of their class, encoded once.

Every photo is cached as itself and in a few slightly closer crops; photos of characters and styles also
mirrored. Products are not: a mirrored logo or label is a different one, and would be learnt. Crops stay
mild, because a crop that cuts the subject hurts its identity more than anything else does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO

import numpy as np
import torch
from PIL import Image, ImageOps

from core.feedback.subject import locate_subject
from core.queue.specs import TrainSpec
from core.rules.kinds import ModelKind
from gpu_worker.conditioning import Conditioning, Frame
from gpu_worker.families.family import Family
from gpu_worker.parts import Parts, at_once
from gpu_worker.prompts import training_caption

CROP_SIDE = 0.92
"""Side of a crop, of the photo's."""
CROP_PLACES = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))
"""Where the crops sit, (x, y) of the room they have: the four corners."""
SMALL_BASE_PX = 128
ROOM_AROUND_SUBJECT = 1.4
"""Side of the square around a subject, of the subject's longer side: what `tiny` draws has about that much room."""
PRIOR_COUNT = 64
"""Other things of the class to hold on to; enough that none is learnt by heart."""
ENCODE_ROWS = 16
"""Pictures encoded together, which bounds the memory."""


@dataclass(frozen=True)
class Examples:
    """Row i of `latents`, [N, C, h, w], is described by row i of `conditioning`."""

    latents: torch.Tensor
    conditioning: Conditioning

    def rows(self, count: int, generator: torch.Generator) -> tuple[torch.Tensor, Conditioning]:
        """Draw `count` rows at random."""
        chosen = torch.randint(len(self.latents), (count,), generator=generator)
        chosen = chosen.to(self.latents.device)
        return self.latents[chosen], self.conditioning.rows(chosen)


@dataclass(frozen=True)
class TrainingSet:
    """What a training draws its batches from; `photos` are kept for measuring likeness."""

    subject: Examples
    prior: Examples | None
    photos: tuple[Image.Image, ...]

    def batch(
        self, batch_size: int, prior_fraction: float, generator: torch.Generator
    ) -> tuple[torch.Tensor, Conditioning]:
        """Draw `latents` and `conditioning` of a batch, subject rows first.

        A fraction that is no whole number of rows is met on average: a batch of one at a half shows the
        subject every other time.
        """
        prior_rows = 0
        if self.prior is not None:
            luck = torch.rand((), generator=generator).item()
            prior_rows = min(batch_size, int(batch_size * prior_fraction + luck))
        parts = [self.subject.rows(batch_size - prior_rows, generator)]
        if self.prior is not None:
            parts.append(self.prior.rows(prior_rows, generator))
        latents, conditioning = zip(*parts, strict=True)
        return torch.cat(latents), Conditioning.cat(conditioning)


def build_training_set(family: Family, spec: TrainSpec, photos: Sequence[bytes]) -> TrainingSet:
    """Encode a job's photos, given as files in the spec's order, and draw what keeps the class alive."""
    return at_once(training_set_in_parts(family, spec, photos))


def training_set_in_parts(family: Family, spec: TrainSpec, photos: Sequence[bytes]) -> Parts[TrainingSet]:
    """Do the same photo by photo, so that a picture waits for one of them at most."""
    images: list[Image.Image] = []
    pixels: list[torch.Tensor] = []
    captions: list[str] = []
    for data, photo in zip(photos, spec.photos, strict=True):
        images.append(open_photo(data))
        seen = images[-1] if spec.kind is ModelKind.STYLE else closer(images[-1], family.default_size_px)
        for variant in variants(seen, spec.kind):
            pixels.append(to_pixels(variant, family.default_size_px))
            captions.append(training_caption(photo.caption, spec))
        yield
    prior = None
    if spec.preset.prior_fraction > 0.0:
        drawn = family.prior_examples(spec.class_noun, PRIOR_COUNT, spec.seed)
        yield
        if drawn:
            prior = yield from _encode(family, [it.pixels for it in drawn], [it.caption for it in drawn])
    subject = yield from _encode(family, pixels, captions)
    return TrainingSet(subject, prior, tuple(images))


def closer(image: Image.Image, size_px: int) -> Image.Image:
    """Return the square around the subject that a small base trains on; for a larger base the photo as it is.

    At 64 px a mug that fills a fifth of its photo is a dozen pixels. A large base can afford the surroundings.
    """
    if size_px > SMALL_BASE_PX:
        return image
    subject = locate_subject(np.asarray(image))
    if subject is None:
        return image
    across = max(subject.right - subject.left, subject.bottom - subject.top)
    side = min(round(across * ROOM_AROUND_SUBJECT), *image.size)
    left = min(max((subject.left + subject.right - side) // 2, 0), image.width - side)
    top = min(max((subject.top + subject.bottom - side) // 2, 0), image.height - side)
    return image.crop((left, top, left + side, top + side))


def variants(image: Image.Image, kind: ModelKind) -> Iterator[Image.Image]:
    """Yield a photo and what else training sees of it."""
    views = [image]
    side = (round(image.width * CROP_SIDE), round(image.height * CROP_SIDE))
    for x, y in CROP_PLACES:
        left, top = round((image.width - side[0]) * x), round((image.height - side[1]) * y)
        views.append(image.crop((left, top, left + side[0], top + side[1])))
    for view in views:
        yield view
        if kind is not ModelKind.PRODUCT:
            yield ImageOps.mirror(view)


def open_photo(data: bytes) -> Image.Image:
    """Open a photo of the store. Intake wrote it, so it is one of the two formats that intake writes."""
    with Image.open(BytesIO(data), formats=("PNG", "JPEG")) as image:
        return image.convert("RGB")


def to_pixels(image: Image.Image, size_px: int) -> torch.Tensor:
    """Return a square picture as [3, size, size] float32 in [-1, 1]."""
    small = image.resize((size_px, size_px), Image.Resampling.LANCZOS)
    array = np.asarray(small, dtype=np.float32) / 127.5 - 1.0
    return torch.from_numpy(array).permute(2, 0, 1).contiguous()


# Not inference_mode: what is made in it may never meet a gradient, and these rows are trained on.
@torch.no_grad()
def _encode(family: Family, pixels: Sequence[torch.Tensor], captions: Sequence[str]) -> Parts[Examples]:
    latents: list[torch.Tensor] = []
    for start in range(0, len(pixels), ENCODE_ROWS):
        some = torch.stack(list(pixels[start : start + ENCODE_ROWS]))
        latents.append(family.encode_pictures(some.to(family.device)))
        yield
    distinct = list(dict.fromkeys(captions))
    side_px = family.default_size_px
    conditioning = family.encode_prompts(distinct, Frame(side_px, side_px))
    rows = torch.tensor([distinct.index(caption) for caption in captions], device=family.device)
    return Examples(torch.cat(latents), conditioning.rows(rows))
