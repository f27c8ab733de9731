"""Where a base comes from, and what the operator reads when it does not."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants
from huggingface_hub.utils import close_session

from core.errors import ConfigurationError
from core.rules.bases import load_bases
from core.settings import Settings
from gpu_worker.admission import GIB, lanes_for
from gpu_worker.families.registry import FAMILIES, prepare
from gpu_worker.families.sources import count_parameters, find_base, hash_weights
from gpu_worker.main import base_to_serve
from tests.gpu_worker.families.hub import GATED, OPEN, Hub, hub_of


@pytest.fixture
def sdxl(folder_of: Callable[[str], Path], tmp_path: Path) -> Path:
    """A copy of the folder that a test may spoil."""
    return Path(shutil.copytree(folder_of("sdxl"), tmp_path / "sdxl"))


@pytest.fixture
def hub(folder_of: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    shown = Path(shutil.copytree(folder_of("sdxl"), tmp_path / "shown"))
    (shown / "sdxl_single_file.safetensors").write_bytes(b"the same again in one file")
    (shown / "unet" / "diffusion_pytorch_model.fp16.safetensors").write_bytes(b"the same again in 16 bits")
    (shown / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"a pickle")
    (shown / "unet" / "run_me.py").write_text("raise SystemExit")
    with hub_of(shown) as hub:
        monkeypatch.setattr(constants, "ENDPOINT", hub.address)
        monkeypatch.setattr(
            constants, "HUGGINGFACE_CO_URL_TEMPLATE", hub.address + "/{repo_id}/resolve/{revision}/{filename}"
        )
        monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
        yield hub
        close_session()


def settings(bases: str, sources: str = "") -> Settings:
    return Settings(_env_file=None, bases=bases, base_sources=sources)  # type: ignore[call-arg]


def test_a_model_of_the_hub_is_taken_once_without_pickles_code_or_doubles(
    hub: Hub, folder_of: Callable[[str], Path]
) -> None:
    folder = find_base("sdxl", OPEN)
    taken = list(hub.served)
    assert {"unet/diffusion_pytorch_model.safetensors", "tokenizer/tokenizer.json"} <= set(taken)
    assert all(name.endswith((".json", ".safetensors", ".txt", ".jinja")) for name in taken)
    assert not any("fp16" in name or "single_file" in name for name in taken)
    assert find_base("sdxl", OPEN) == folder
    assert hub.served == taken
    assert hash_weights(folder, ["unet", "vae"]) == hash_weights(folder_of("sdxl"), ["unet", "vae"])
    assert prepare("sdxl", OPEN).load().identity.name == "sdxl"


def test_a_licence_that_nobody_accepted_is_refused_in_words(hub: Hub) -> None:
    with pytest.raises(ConfigurationError, match=rf"licence of {GATED} .*huggingface\.co/{GATED}.*HF_TOKEN"):
        find_base("flux", GATED)


def test_a_model_that_the_hub_does_not_show_is_refused_in_words(hub: Hub) -> None:
    with pytest.raises(ConfigurationError, match=r"has no studio/missing for flux.*HF_TOKEN"):
        find_base("flux", "studio/missing")


def test_a_hub_out_of_reach_is_refused_in_words(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(ConfigurationError, match=r"did not give it .*Check the network"):
        find_base("sdxl", OPEN)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", r"LIKENESS_BASE_SOURCES does not say where it is.*sdxl="),
        ("/nowhere/sdxl", r"no folder /nowhere/sdxl"),
    ],
)
def test_a_base_without_a_source_is_refused_in_words(source: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        prepare("sdxl", source)


def test_a_folder_of_another_kind_is_refused_in_words(
    folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    with pytest.raises(
        ConfigurationError, match=r"is a BriaPipeline, and flux takes a FluxPipeline or Flux2Klein"
    ):
        prepare("flux", str(folder_of("bria")))
    with pytest.raises(ConfigurationError, match=r"no diffusers model .*model_index\.json"):
        prepare("flux", str(tmp_path))
    with pytest.raises(
        ConfigurationError, match=r"dreamy, which this worker cannot run. It can run: tiny, sdxl"
    ):
        prepare("dreamy", str(tmp_path))


@pytest.mark.parametrize(
    ("title", "key", "value", "said"),
    [
        ("sdxl", "prediction_type", "sample", "predicts sample, and only epsilon"),
        ("bria", "_class_name", "DDIMScheduler", "drawn with DDIMScheduler, and only FlowMatchEuler"),
    ],
)
def test_a_schedule_that_the_family_does_not_know_is_refused_rather_than_guessed(
    title: str, key: str, value: str, said: str, folder_of: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(folder_of(title), tmp_path / title))
    index = json.loads((folder / "model_index.json").read_text())
    config = json.loads((folder / "scheduler" / "scheduler_config.json").read_text())
    config[key] = value
    if key == "_class_name":
        index["scheduler"] = ["diffusers", value]
    (folder / "model_index.json").write_text(json.dumps(index))
    (folder / "scheduler" / "scheduler_config.json").write_text(json.dumps(config))
    with pytest.raises(ConfigurationError, match=said):
        prepare(title, str(folder)).load()


def test_weights_that_are_not_safetensors_are_never_loaded(sdxl: Path) -> None:
    part = sdxl / "unet"
    torch.save({}, part / "diffusion_pytorch_model.bin")
    (part / "diffusion_pytorch_model.safetensors").unlink()
    with pytest.raises(ConfigurationError, match="with weights in safetensors"):
        prepare("sdxl", str(sdxl)).load()


def test_code_that_comes_with_a_model_is_never_run(sdxl: Path, tmp_path: Path) -> None:
    index: dict[str, Any] = json.loads((sdxl / "model_index.json").read_text())
    index["unet"] = ["my_unet", "MyUNet"]
    (sdxl / "model_index.json").write_text(json.dumps(index))
    (sdxl / "unet" / "my_unet.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    with pytest.raises(ConfigurationError, match="cannot be loaded"):
        prepare("sdxl", str(sdxl)).load()
    assert not (tmp_path / "ran").exists()


def test_a_device_without_the_memory_is_refused_with_the_figures(folder_of: Callable[[str], Path]) -> None:
    with pytest.raises(ConfigurationError, match=r"flux needs 4 GiB for pictures, and this device has 2\.0"):
        prepare("flux", str(folder_of("flux")), memory=2 * GIB)


def test_a_base_is_known_by_its_weights(folder_of: Callable[[str], Path], sdxl: Path) -> None:
    parts = ["unet", "text_encoder", "text_encoder_2", "vae"]
    assert hash_weights(sdxl, parts) == hash_weights(folder_of("sdxl"), parts)
    weights = sdxl / "vae" / "diffusion_pytorch_model.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert hash_weights(sdxl, parts) != hash_weights(folder_of("sdxl"), parts)


def test_parameters_are_counted_from_the_heads_of_files(
    folder_of: Callable[[str], Path], runner_of: Callable[[str], Any]
) -> None:
    family = runner_of("sdxl").family
    counted = count_parameters(folder_of("sdxl"), "unet", ["text_encoder", "text_encoder_2"])
    parts = (family.pipeline.text_encoder, family.pipeline.text_encoder_2)
    assert counted.autoencoder == sum(weight.numel() for weight in family.autoencoder.parameters())
    assert counted.text_encoders == sum(weight.numel() for part in parts for weight in part.parameters())


# What a worker serves


def test_a_worker_serves_the_first_of_its_bases_that_has_a_source(folder_of: Callable[[str], Path]) -> None:
    source = f"sdxl={folder_of('sdxl')}"
    assert base_to_serve(settings("flux,sdxl,tiny", source)).name == "sdxl"
    assert base_to_serve(settings("flux,tiny", source)).name == "tiny"


def test_a_worker_without_any_source_says_what_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="LIKENESS_BASE_SOURCES does not say"):
        base_to_serve(settings("flux,sdxl"))
    with pytest.raises(ConfigurationError, match=r"LIKENESS_BASES is dreamy.*can run: tiny, sdxl"):
        base_to_serve(settings("dreamy"))


def test_sources_are_read_from_one_line() -> None:
    read = settings("sdxl,flux", " sdxl = /models/sdxl , flux=studio/flux").base_sources
    assert read == {"sdxl": "/models/sdxl", "flux": "studio/flux"}
    with pytest.raises(ValueError, match="list of name=source"):
        settings("sdxl", "/models/sdxl")


def test_only_what_fits_is_announced(folder_of: Callable[[str], Path]) -> None:
    prepared = prepare("sdxl", str(folder_of("sdxl")), memory=5 * GIB)
    assert {kind.value for kind in prepared.memory_gib} == {"generate"}
    assert set(lanes_for("sdxl", 5 * GIB, memory_gib=prepared.memory_gib)) == {"generate.sdxl"}


def test_every_base_that_the_worker_knows_is_known_to_the_rules() -> None:
    assert FAMILIES.keys() == load_bases().keys()
