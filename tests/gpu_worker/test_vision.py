"""The models that look at photos: loaded as an operator names them, and told apart by what they are made of."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from core.errors import ConfigurationError
from core.feedback.vision import Seen, from_text, to_text
from core.settings import Settings
from gpu_worker.vision.eye import Eye, load_eye, open_picture
from tests.tiny_vision import make_clip, make_detector, make_dinov2


def eye_of(settings: Settings, vision: Path | str, face: Path | str = "") -> Eye:
    named = settings.model_copy(update={"vision_model": str(vision), "face_model": str(face)})
    eye = load_eye(named)
    assert eye is not None
    return eye


def picture(colour: str = "crimson", size: tuple[int, int] = (120, 90)) -> Image.Image:
    image = Image.new("RGB", size, "lightgrey")
    image.paste(colour, (30, 20, 80, 70))
    return image


@pytest.mark.parametrize(("make", "name", "width"), [(make_dinov2, "dinov2-", 32), (make_clip, "clip-", 16)])
def test_a_look_is_a_unit_vector_that_says_which_pictures_are_alike(
    make, name: str, width: int, settings: Settings, tmp_path: Path
) -> None:
    eye = eye_of(settings, make(tmp_path / "model"))
    red, again, blue = (eye.look(picture(colour)) for colour in ("crimson", "crimson", "navy"))
    assert eye.provider.startswith(name)
    assert red.embedding.shape == (width,)
    assert red.embedding.dtype == np.float32
    assert np.linalg.norm(red.embedding) == pytest.approx(1)
    assert float(red.embedding @ again.embedding) == pytest.approx(1)
    assert float(red.embedding @ blue.embedding) < 0.99999
    assert red.faces is None, "nobody looked for faces"


def test_faces_are_boxes_in_the_pictures_own_pixels(settings: Settings, tmp_path: Path) -> None:
    eye = eye_of(settings, make_dinov2(tmp_path / "d"), make_detector(tmp_path / "f", faces=2))
    faces = eye.look(picture(size=(200, 100))).faces
    assert faces is not None and len(faces) == 2
    for face in faces:
        assert (face.left, face.top, face.right, face.bottom) == pytest.approx((75, 15, 125, 65), abs=0.5)
        assert face.score > 0.9


def test_what_a_detector_calls_something_else_is_no_face(settings: Settings, tmp_path: Path) -> None:
    eye = eye_of(
        settings, make_dinov2(tmp_path / "d"), make_detector(tmp_path / "f", labels=("hand", "face"))
    )
    assert eye.look(picture()).faces == ()


def test_what_was_seen_survives_the_trip_through_a_row(settings: Settings, tmp_path: Path) -> None:
    eye = eye_of(settings, make_dinov2(tmp_path / "d"), make_detector(tmp_path / "f"))
    seen = eye.look(picture())
    text = to_text(seen)
    read = from_text(text)
    assert len(text) < 300, "a row for each photo has to be small"
    assert float(seen.embedding @ read.embedding) > 0.99999
    assert seen.faces is not None and read.faces is not None
    assert read.faces[0].top == pytest.approx(seen.faces[0].top, abs=0.05)
    assert from_text(to_text(Seen(seen.embedding, None))).faces is None
    assert from_text(to_text(Seen(seen.embedding, ()))).faces == ()


def test_a_provider_is_named_by_everything_that_decides_what_it_sees(
    settings: Settings, tmp_path: Path
) -> None:
    made = {
        "first": make_dinov2(tmp_path / "first"),
        "copy": make_dinov2(tmp_path / "elsewhere" / "copy"),
        "weights": make_dinov2(tmp_path / "weights", seed=1),
        "preparation": make_dinov2(tmp_path / "preparation", shortest_edge_px=60),
    }
    named = {name: eye_of(settings, folder).provider for name, folder in made.items()}
    detector = make_detector(tmp_path / "f")
    named["faces"] = eye_of(settings, made["first"], detector).provider
    assert named["first"] == named["copy"]
    assert len(set(named.values())) == len(named) - 1
    assert named["faces"].startswith("dinov2+yolos-")


def test_nothing_is_loaded_where_nothing_is_named(settings: Settings) -> None:
    assert load_eye(settings) is None


def test_a_wrong_name_is_said_with_its_setting(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"LIKENESS_VISION_MODEL: there is no folder /no/such"):
        eye_of(settings, "/no/such/model")
    with pytest.raises(
        ConfigurationError, match=r"LIKENESS_VISION_MODEL: .* has no config.json with weights"
    ):
        eye_of(settings, tmp_path)
    with pytest.raises(ConfigurationError, match="LIKENESS_FACE_MODEL needs LIKENESS_VISION_MODEL"):
        load_eye(settings.model_copy(update={"face_model": "somebody/faces"}))


def test_a_model_of_the_hub_is_not_fetched_where_that_is_not_wanted(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    named = settings.model_copy(update={"vision_model": "nobody/has-this"})
    with pytest.raises(ConfigurationError, match="nobody/has-this is neither a folder nor downloaded yet"):
        load_eye(named, may_download=False)


def test_a_model_of_the_hub_is_fetched_once_without_pickles_and_then_stays_as_it_is(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new version on the hub would be another provider, whose lines nobody measured."""
    folder = make_dinov2(tmp_path / "d")
    fetched: list[dict[str, object]] = []

    def hub(named: str, *, local_files_only: bool, **wanted: object) -> str:
        assert named == "some/dinov2"
        if local_files_only and not fetched:
            raise FileNotFoundError(named)
        if not local_files_only:
            fetched.append(wanted)
        return str(folder)

    monkeypatch.setattr("gpu_worker.vision.files.snapshot_download", hub)
    first, second = eye_of(settings, "some/dinov2"), eye_of(settings, "some/dinov2")
    assert first.provider == second.provider
    assert fetched == [{"allow_patterns": ["*.safetensors", "*.json"], "ignore_patterns": ["*/*"]}]


def test_weights_that_could_run_code_are_not_opened(settings: Settings, tmp_path: Path) -> None:
    folder = make_dinov2(tmp_path / "d")
    (folder / "model.safetensors").unlink()
    torch.save({"weight": torch.zeros(1)}, folder / "pytorch_model.bin")
    with pytest.raises(ConfigurationError, match="weights in safetensors"):
        eye_of(settings, folder)


def test_damaged_weights_are_said(settings: Settings, tmp_path: Path) -> None:
    folder = make_dinov2(tmp_path / "d")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(ConfigurationError, match=r"LIKENESS_VISION_MODEL: the model in .* cannot be loaded"):
        eye_of(settings, folder)


def test_a_detector_is_no_encoder_and_needs_to_know_faces(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match='finds nothing that it calls "face"'):
        eye_of(
            settings, make_dinov2(tmp_path / "d"), make_detector(tmp_path / "cats", labels=("cat", "surface"))
        )
    with pytest.raises(ConfigurationError, match=r"LIKENESS_FACE_MODEL: the model in .* cannot be loaded"):
        eye_of(settings, tmp_path / "d", make_clip(tmp_path / "clip"))


def test_a_model_with_a_part_missing_is_not_filled_up_at_random(settings: Settings, tmp_path: Path) -> None:
    folder = make_dinov2(tmp_path / "d")
    weights = load_file(folder / "model.safetensors")
    del weights["layernorm.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(ConfigurationError, match="has not all the weights"):
        eye_of(settings, folder)


def test_only_what_intake_makes_is_opened() -> None:
    for suffix, is_fine in (("JPEG", True), ("PNG", True), ("GIF", False), ("TIFF", False)):
        out = io.BytesIO()
        picture().save(out, suffix)
        if is_fine:
            assert open_picture(out.getvalue()).mode == "RGB"
        else:
            with pytest.raises(OSError, match="cannot identify"):
                open_picture(out.getvalue())
