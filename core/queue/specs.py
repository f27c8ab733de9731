"""What a job carries to the worker and brings back. Rows hold these as JSON; nobody else sees that JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from pydantic import TypeAdapter

from core.rules.kinds import JobKind, ModelKind
from core.rules.presets import TrainingPreset


@dataclass(frozen=True)
class TrainingPhoto:
    """A square photo in the store, and its caption with the model's handle in it."""

    blob_key: str
    caption: str


@dataclass(frozen=True)
class TrainSpec:
    """Everything that a worker needs to train one version of a model."""

    workspace_id: str
    model_id: str
    version_id: str
    handle: str
    kind: ModelKind
    class_noun: str
    trigger_word: str
    base_model: str
    photos: tuple[TrainingPhoto, ...]
    preset: TrainingPreset
    seed: int
    test_prompts: tuple[str, ...]
    """Prompts of the test sheet, each with `@handle` in it."""


@dataclass(frozen=True)
class AdapterUse:
    """A model version as a picture uses it."""

    handle: str
    version_id: str
    adapter_key: str
    trigger_word: str
    class_noun: str
    base_weights_sha256: str
    kind: ModelKind = ModelKind.PRODUCT
    weight: float = 1.0


@dataclass(frozen=True)
class GenerateSpec:
    """A checked request for pictures. `prompt` is as typed, with its `@handles`."""

    workspace_id: str
    prompt: str
    adapters: tuple[AdapterUse, ...]
    base_model: str
    count: int
    seed: int
    width_px: int
    height_px: int
    num_inference_steps: int | None = None
    """None leaves it to the base."""
    guidance_scale: float | None = None
    negative_prompt: str = ""


@dataclass(frozen=True)
class PhotoToSee:
    """A draft's photo in the store; what is seen on it is kept under its hash."""

    blob_key: str
    sha256: str


@dataclass(frozen=True)
class FeaturesSpec:
    """Photos that a draft's feedback waits for. Only a worker with that provider can look at them."""

    workspace_id: str
    draft_id: str
    provider: str
    photos: tuple[PhotoToSee, ...]
    base_model: str
    """Whose workers are asked: the job stands in the line of that base's pictures."""


@dataclass(frozen=True)
class SeenPhoto:
    """What was seen on a photo; `seen` is as `core.feedback.vision` writes it."""

    sha256: str
    seen: str


@dataclass(frozen=True)
class FeaturesResult:
    """What a provider saw. It goes to the photos' own rows, and is erased with them."""

    provider: str
    photos: tuple[SeenPhoto, ...]


@dataclass(frozen=True)
class MadePicture:
    """A picture in the store."""

    blob_key: str
    seed: int
    width_px: int
    height_px: int


@dataclass(frozen=True)
class GenerateResult:
    """Pictures, and the words of the prompt that the base has never seen."""

    pictures: tuple[MadePicture, ...]
    unknown_words: tuple[str, ...] = ()


@dataclass(frozen=True)
class TrainResult:
    """A saved adapter that was loaded again through the serving path and changed the picture."""

    adapter_key: str
    base_weights_sha256: str
    test_sheet_key: str
    num_steps: int
    effect: float
    """Mean absolute difference from the bare base's picture at the same seed, of 255."""
    likeness: float | None = None
    """Measured similarity to the training photos, 0 to 1; None where the base has no judge."""


T = TypeVar("T")

Spec = TrainSpec | GenerateSpec | FeaturesSpec
Result = TrainResult | GenerateResult | FeaturesResult

SPECS: Mapping[JobKind, type[Spec]] = {
    JobKind.TRAIN: TrainSpec,
    JobKind.GENERATE: GenerateSpec,
    JobKind.FEATURES: FeaturesSpec,
}


def kind_of(spec: Spec) -> JobKind:
    """Return what is asked of a worker."""
    return next(kind for kind, type_ in SPECS.items() if isinstance(spec, type_))


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def to_json(value: Spec | Result) -> str:
    """Write a spec or a result as JSON."""
    return _adapter(type(value)).dump_json(value).decode()


def from_json(kind: type[T], text: str) -> T:
    """Read a spec or a result back.

    Raises:
        pydantic.ValidationError: The row was not written by this version of Likeness.
    """
    return _adapter(kind).validate_json(text)
