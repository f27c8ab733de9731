"""What comes out of the engine, for whoever holds the job."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image


@dataclass(frozen=True)
class Progressed:
    """A job came one step further."""

    job_id: str
    done: int
    total: int


@dataclass(frozen=True)
class PreviewMade:
    """A training's look so far."""

    job_id: str
    picture: Image.Image
    seed: int


@dataclass(frozen=True)
class CheckpointTaken:
    """Where a training may begin again; `checkpoint` is a safetensors file."""

    job_id: str
    step_index: int
    checkpoint: bytes


@dataclass(frozen=True)
class PicturesMade:
    """The end of a request for pictures."""

    job_id: str
    pictures: tuple[Image.Image, ...]
    seeds: tuple[int, ...]


@dataclass(frozen=True)
class TrainingDone:
    """The end of a training whose adapter works. `effect` and `likeness` are as in `TrainResult`."""

    job_id: str
    adapter: bytes
    test_sheet: Image.Image
    num_steps: int
    effect: float
    likeness: float | None


Event = Progressed | PreviewMade | CheckpointTaken | PicturesMade | TrainingDone
