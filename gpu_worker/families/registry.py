"""Every base that a worker can run, and how one gets onto the device: found, measured, then loaded."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import torch
from diffusers.utils import logging as diffusers_logging
from transformers.utils import logging as transformers_logging

from core.errors import ConfigurationError
from core.rules.bases import load_bases
from core.rules.kinds import JobKind
from gpu_worker.device import memory_bytes
from gpu_worker.families import sources
from gpu_worker.families.family import Family
from gpu_worker.families.memory import (
    GIB,
    PLANS,
    Parameters,
    Weights,
    WorkingMemory,
    needed_bytes,
    plan_memory,
)

SHIPPED = "tiny"
"""Comes with the project, so it needs no source."""
FAMILIES: Mapping[str, Sequence[str]] = {
    SHIPPED: ("tiny.TinyFamily",),
    "sdxl": ("sdxl.SdxlFamily",),
    "flux": ("flux.FluxFamily", "flux2.Flux2KleinFamily"),
    "bria": ("bria.BriaFamily",),
    "z_image": ("z_image.ZImageFamily",),
}
"""The classes that implement each base, by the name that settings and jobs use: the folder says which it is."""
_EXTRAS = {Weights.FP8: "torchao", Weights.NF4: "bitsandbytes"}
"""The packages of the extra `gpu` that compute with quantised weights."""


@dataclass(frozen=True)
class Prepared:
    """A base that fits this machine, before it is loaded."""

    name: str
    memory_gib: Mapping[JobKind, float]
    """What the first job of each kind takes of the device; kinds that do not fit are not here."""
    load: Callable[[], Family]


def prepare(name: str, source: str = "", memory: int | None = None) -> Prepared:
    """Find a base and decide how it is to lie in `memory` bytes, by default the device's.

    Raises:
        ConfigurationError: This worker does not know it, it cannot be had, or it does not fit.
    """
    if name not in FAMILIES:
        raise ConfigurationError(
            f"LIKENESS_BASES names {name}, which this worker cannot run. It can run: {', '.join(FAMILIES)}."
        )
    for library in (diffusers_logging, transformers_logging):
        library.set_verbosity_error()
        library.disable_progress_bar()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if name == SHIPPED:
        tiny: Any = import_module("gpu_worker.families.tiny")
        return Prepared(name, load_bases()[name].memory_gib, lambda: tiny.load(device=device))
    folder = sources.find_base(name, source)
    kind = _class_for(name, str(sources.parts_of(folder)["_class_name"]))
    parameters = sources.count_parameters(folder, kind.denoiser_part, kind.text_encoder_parts)
    usable = usable_weights()
    memory = memory_bytes() if memory is None else memory
    planned = plan_memory(parameters, kind.working, memory, usable)
    if planned is None:
        raise ConfigurationError(_too_large(name, parameters, kind.working, memory))
    plan, kinds = planned
    opening = import_module("gpu_worker.families.pipeline_family").Opening(name, folder, device, plan)
    needs = {job: needed_bytes(parameters, kind.working, plan, job) / GIB for job in kinds}
    return Prepared(name, needs, lambda: kind(opening))


def load_family(name: str, source: str = "") -> Family:
    """Load a base onto the best device of this machine.

    Raises:
        ConfigurationError: This worker cannot run it.
    """
    return prepare(name, source).load()


def usable_weights() -> frozenset[Weights]:
    """Return the forms of weights that this machine can compute with."""
    if not torch.cuda.is_available():
        return frozenset({Weights.FULL})
    installed = {weights for weights, package in _EXTRAS.items() if importlib.util.find_spec(package)}
    return frozenset({Weights.HALF, *installed})


def _class_for(name: str, pipeline: str) -> Any:
    """Return the class of a base that uses that diffusers pipeline."""
    kinds = []
    for place in FAMILIES[name]:
        module, kind = place.split(".")
        kinds.append(getattr(import_module(f"gpu_worker.families.{module}"), kind))
    for kind in kinds:
        if kind.pipeline_class.__name__ == pipeline:
            return kind
    known = " or ".join(kind.pipeline_class.__name__ for kind in kinds)
    raise ConfigurationError(
        f"{sources.SETTING}: the model for {name} is a {pipeline}, and {name} takes a {known}. Name another."
    )


def _too_large(name: str, parameters: Parameters, working: WorkingMemory, memory: int) -> str:
    """Say what a base needs, and whether smaller weights would help."""
    usable = usable_weights()
    needs = {
        plan.weights: needed_bytes(parameters, working, plan, JobKind.GENERATE) / GIB
        for plan in PLANS
        if plan.weights in usable | _EXTRAS.keys()
        and (plan.weights is not Weights.FULL or usable == {plan.weights})
    }
    least = min(need for weights, need in needs.items() if weights in usable)
    said = f"{name} needs {least:.0f} GiB for pictures, and this device has {memory / GIB:.1f}."
    missing = [weights for weights in needs if weights not in usable and needs[weights] * GIB <= memory]
    if Weights.HALF in usable and missing:
        return f"{said} With 4-bit weights it would fit: install the extra, `pip install likeness[gpu]`."
    return f"{said} Run the worker on a larger one, or name a smaller base in LIKENESS_BASES."
