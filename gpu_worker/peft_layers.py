"""Adapters on a denoiser by PEFT's own layers: attached while a task uses them, switched on per tick.

This is what the adapter bank will replace; the runner knows nothing but these methods.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count

import torch
from peft import inject_adapter_in_model
from peft.tuners.lora import LoraLayer

from gpu_worker.adapters import AdapterShape


class PeftLayers:
    """The adapters that sit on one denoiser. None is active until `activate` says so."""

    def __init__(self, denoiser: torch.nn.Module) -> None:
        self._denoiser = denoiser
        self._numbers = count()
        self._names: set[str] = set()
        self._layers: dict[str, LoraLayer] = {}
        self._active: tuple[frozenset[tuple[str, float]], bool] | None = None

    @property
    def attached(self) -> frozenset[str]:
        """The names of everything attached."""
        return frozenset(self._names)

    def attach(self, shape: AdapterShape, factors: Mapping[str, torch.Tensor] | None = None) -> str:
        """Put an adapter on the denoiser and return the name it goes by.

        Without `factors` its values are PEFT's own first ones, to be set by the caller.

        Raises:
            ValueError: The factors are not those of this denoiser.
        """
        name = f"adapter{next(self._numbers)}"
        inject_adapter_in_model(shape.lora_config(), self._denoiser, name)
        # PEFT takes this leftover, were it to stay, for a mistake of ours at the next adapter.
        del self._denoiser.peft_config
        self._names.add(name)
        self._layers = {
            path: module for path, module in self._denoiser.named_modules() if isinstance(module, LoraLayer)
        }
        self._active = None  # PEFT activates what it injects
        if factors is not None:
            self._fill(name, factors)
        return name

    def detach(self, name: str) -> None:
        """Take an adapter off; nothing of it stays in memory."""
        self.activate({})
        for layer in self._layers.values():
            layer.delete_adapter(name)
        self._names.discard(name)

    def factors(self, name: str) -> dict[str, torch.nn.Parameter]:
        """Return an adapter's parameters by layer: `<layer>.lora_A.weight` and `<layer>.lora_B.weight`."""
        return {
            f"{path}.{half}.weight": modules[name].get_parameter("weight")
            for path, layer in self._layers.items()
            for half, modules in (("lora_A", layer.lora_A), ("lora_B", layer.lora_B))
            if name in modules
        }

    def activate(self, weights: Mapping[str, float], *, trainable: bool = False) -> None:
        """Let exactly these adapters act, each with its weight; an empty mapping is the bare base.

        PEFT's `set_adapter` turns gradients on for whatever it activates, and a scale once set stays, so
        both are said again at every switch.
        """
        wanted = (frozenset(weights.items()), trainable)
        if wanted == self._active:
            return
        for layer in self._layers.values():
            layer.set_adapter(list(weights), inference_mode=not trainable)
            for name, weight in weights.items():
                layer.set_scale(name, weight)
        self._active = wanted

    def _fill(self, name: str, factors: Mapping[str, torch.Tensor]) -> None:
        own = self.factors(name)
        if own.keys() != factors.keys():
            self.detach(name)
            raise ValueError(f"an adapter of {len(factors)} factors does not fit {len(own)} places")
        with torch.no_grad():
            for key, parameter in own.items():
                parameter.copy_(factors[key])
