"""Files of other people's trainers draw with us what they draw with diffusers."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load, save, save_file

from core.errors import JobFailed
from gpu_worker import community
from gpu_worker.adapters import unpack_adapter, write_peft_folder
from gpu_worker.community import adopt
from gpu_worker.runner import Runner
from tests.gpu_worker.families.test_adapters import adapter_file
from tests.gpu_worker.families.test_merged import made_by_peft
from tests.gpu_worker.families.test_pictures import ORDER, TOLERANCE, ours, theirs

VERSION = "w" * 32


def factors_on(runner: Runner, seed: int = 3) -> dict[str, torch.Tensor]:
    return dict(unpack_adapter(adapter_file(runner, seed, rank=4)).factors)


def kohya(factors: dict[str, torch.Tensor], alpha: float) -> dict[str, torch.Tensor]:
    """Name factors as kohya's scripts do, and let one layer have a smaller rank than the others."""
    named: dict[str, torch.Tensor] = {}
    for place, (name, factor) in enumerate(sorted(factors.items())):
        path, half = name.removesuffix(".weight").rsplit(".", 1)
        stem = "lora_unet_" + path.replace(".", "_")
        if place < 2:
            factor = factor[:2] if half == "lora_A" else factor[:, :2]
        named[f"{stem}.{'lora_down' if half == 'lora_A' else 'lora_up'}.weight"] = factor.contiguous()
        named[f"{stem}.alpha"] = torch.tensor(alpha)
    return named


def with_adapter(runner: Runner, data: bytes) -> torch.Tensor:
    name = runner.attach(data, "ada")
    picture = ours(runner, replace(ORDER, adapters=((name, 1.0),)))
    runner.detach(name)
    return picture


def check_against_diffusers(runner: Runner, folder: Path, file: Path) -> None:
    family: Any = runner.family
    picture = with_adapter(runner, adopt(file.read_bytes(), family, VERSION))
    torch.testing.assert_close(picture, theirs(folder, ORDER, lora=file), atol=TOLERANCE, rtol=0)
    assert (picture - ours(runner, ORDER)).abs().max() > 10 * TOLERANCE


def test_a_file_of_kohyas_scripts_with_ranks_and_alphas_of_its_own(
    folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner], tmp_path: Path
) -> None:
    runner = runner_of("sdxl")
    save_file(kohya(factors_on(runner), alpha=2.0), tmp_path / "kohya.safetensors")
    check_against_diffusers(runner, folder_of("sdxl"), tmp_path / "kohya.safetensors")


@pytest.mark.parametrize("title", ["sdxl", "flux", "klein", "z_image"])
def test_a_file_of_diffusers_scripts(
    title: str, folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner], tmp_path: Path
) -> None:
    runner = runner_of(title)
    part = "unet" if title == "sdxl" else "transformer"
    save_file(
        {f"{part}.{name}": factor for name, factor in factors_on(runner).items()},
        tmp_path / "its.safetensors",
    )
    check_against_diffusers(runner, folder_of(title), tmp_path / "its.safetensors")


def test_layers_that_we_do_not_train_are_changed_as_well(
    folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner], tmp_path: Path
) -> None:
    runner = runner_of("sdxl")
    generator = torch.Generator().manual_seed(1)
    named = {
        "unet.conv_in.lora_A.weight": torch.randn(2, 4, 3, 3, generator=generator),
        "unet.conv_in.lora_B.weight": torch.randn(16, 2, 1, 1, generator=generator),
    }
    save_file(named, tmp_path / "conv.safetensors")
    check_against_diffusers(runner, folder_of("sdxl"), tmp_path / "conv.safetensors")


@pytest.mark.parametrize("title", ["sdxl", "bria"])
def test_a_folder_of_peft(title: str, runner_of: Callable[[str], Runner], tmp_path: Path) -> None:
    runner = runner_of(title)
    family: Any = runner.family
    own = adapter_file(runner, seed=3, rank=4)
    write_peft_folder(own, tmp_path)
    config = json.loads((tmp_path / "adapter_config.json").read_text())
    taken = adopt((tmp_path / "adapter_model.safetensors").read_bytes(), family, VERSION, config)
    torch.testing.assert_close(with_adapter(runner, taken), with_adapter(runner, own), atol=TOLERANCE, rtol=0)


def test_dora_comes_from_pefts_own_format_only(
    folder_of: Callable[[str], Path], runner_of: Callable[[str], Runner]
) -> None:
    runner = runner_of("sdxl")
    family: Any = runner.family
    made, _ = made_by_peft("DoRA", folder_of("sdxl"))
    config = {"peft_type": "LORA", "r": 3, "lora_alpha": 6, "use_dora": True}
    taken = adopt(save(load(made)), family, VERSION, config)
    torch.testing.assert_close(with_adapter(runner, taken), with_adapter(runner, made))
    bare = {"lora_unet_conv_in.dora_scale": torch.ones(4), **kohya(factors_on(runner), 4.0)}
    with pytest.raises(JobFailed, match="only be taken over from peft's own format"):
        adopt(save(bare), family, VERSION)


@pytest.mark.parametrize(
    "data",
    [
        b"PK\x03\x04 a pickle in a zip",
        save({"weight": torch.ones(3)}),
        save(
            {"unet.nowhere.lora_A.weight": torch.ones(2, 3), "unet.nowhere.lora_B.weight": torch.ones(3, 2)}
        ),
        save({"text_encoder.layer.lora_A.weight": torch.ones(2, 3)}),
    ],
    ids=["no safetensors", "no LoRA", "another denoiser", "text encoder only"],
)
def test_what_is_no_lora_of_this_base_is_refused_in_words(
    data: bytes, runner_of: Callable[[str], Runner]
) -> None:
    family: Any = runner_of("sdxl").family
    with pytest.raises(JobFailed, match=r"no LoRA file in safetensors for sdxl"):
        adopt(data, family, VERSION)


def test_the_command_writes_what_a_worker_loads(
    folder_of: Callable[[str], Path],
    runner_of: Callable[[str], Runner],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runner = runner_of("sdxl")
    save_file(kohya(factors_on(runner), alpha=4.0), tmp_path / "theirs.safetensors")
    asked = {
        "--base": "sdxl",
        "--source": folder_of("sdxl"),
        "--version": VERSION,
        "--out": tmp_path / "ours.safetensors",
    }
    words = [str(word) for pair in asked.items() for word in pair]
    monkeypatch.setattr("sys.argv", ["community", str(tmp_path / "theirs.safetensors"), *words])
    community.main()
    picture = with_adapter(runner, (tmp_path / "ours.safetensors").read_bytes())
    assert (picture - ours(runner, ORDER)).abs().max() > 10 * TOLERANCE
