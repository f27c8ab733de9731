"""What operators start Likeness with, held against the code: nobody here has a Docker engine to run it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import Settings

ROOT = Path(__file__).parents[1]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
UNITS = sorted((ROOT / "docs" / "systemd").glob("*.service"))


def variables() -> set[str]:
    """The names under which the settings are read."""
    return {
        str(field.validation_alias or f"LIKENESS_{name.upper()}")
        for name, field in Settings.model_fields.items()
    }


def test_every_setting_is_explained() -> None:
    explained = (ROOT / ".env.example").read_text()
    assert [name for name in sorted(variables()) if not re.search(rf"^#?{name}=", explained, re.M)] == []


@pytest.mark.parametrize("service", ["bot", "worker"])
def test_compose_sets_only_what_the_code_reads(service: str) -> None:
    assert set(COMPOSE["services"][service]["environment"]) <= variables()
    assert COMPOSE["services"][service]["build"]["target"] == service
    assert re.search(rf"^FROM \S+ AS {service}$", DOCKERFILE, re.M)


def test_compose_names_the_release_of_what_others_made() -> None:
    images = [service["image"] for service in COMPOSE["services"].values() if "image" in service]
    assert len(images) == 2
    assert all(re.search(r":\d", image) for image in images), images


def test_no_store_can_be_reached_from_outside() -> None:
    assert [name for name, service in COMPOSE["services"].items() if "ports" in service] == []


def test_the_images_are_made_of_files_that_are_there() -> None:
    copied = [line.split()[1:-1] for line in DOCKERFILE.splitlines() if line.startswith("COPY ")]
    sent = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for name in (name for names in copied for name in names):
        assert (ROOT / name).exists()
        assert name in sent, f"{name} never reaches the builder"


def test_the_worker_image_has_the_torch_of_the_makefile() -> None:
    [pinned] = re.findall(r"torch==([\d.]+)", (ROOT / "Makefile").read_text())
    assert re.findall(r"torch==([\d.]+)", DOCKERFILE) == [pinned]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd")
def test_systemd_understands_the_units(tmp_path: Path) -> None:
    for unit in UNITS:
        # Likeness is not installed under /opt here.
        name = unit.name.replace("@.", "@0.")
        (tmp_path / name).write_text(unit.read_text().replace("/opt/likeness/bin/likeness", "/bin/true"))
    names = [str(path) for path in sorted(tmp_path.iterdir())]
    checked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *names], capture_output=True, text=True, check=False
    )
    assert (checked.returncode, checked.stderr) == (0, "")
    assert len(names) == 2
