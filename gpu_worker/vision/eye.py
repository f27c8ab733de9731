"""The models that look: a picture in, an embedding and its faces out. Not for several threads."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors import SafetensorError
from transformers import AutoConfig, AutoImageProcessor, AutoModel, AutoModelForObjectDetection
from transformers.utils.logging import disable_progress_bar

from core.errors import ConfigurationError
from core.feedback.vision import Face, Seen
from core.settings import Settings
from gpu_worker.vision.files import find_model, identity_of

VISION_MODEL, FACE_MODEL = "LIKENESS_VISION_MODEL", "LIKENESS_FACE_MODEL"
LEAST_FACE_SCORE = 0.25
"""What a detector is less sure of than this is not kept; what counts as a face, the checks decide."""
MAX_FACES = 50
FACE_WORD = "face"


@dataclass(frozen=True, eq=False)
class Model:
    """A network and what prepares pictures for it."""

    network: Any
    processor: Any

    def prepare(self, picture: Image.Image) -> Any:
        """Return the picture as the network takes it."""
        return self.processor(images=[picture], return_tensors="pt").to(self.network.device)


@dataclass(frozen=True, eq=False)
class Eye:
    """What looks at photos. `provider` names exactly these weights and this way to prepare pictures."""

    provider: str
    encoder: Model
    detector: Model | None = None

    @torch.inference_mode()
    def look(self, picture: Image.Image) -> Seen:
        """Look at one picture, RGB."""
        faces = None if self.detector is None else _find_faces(self.detector, picture)
        return Seen(_embed(self.encoder, picture), faces)


def open_picture(data: bytes) -> Image.Image:
    """Decode a photo from the store, which intake made: only ever JPEG or PNG."""
    with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as image:
        return image.convert("RGB")


def load_eye(settings: Settings, *, may_download: bool = True) -> Eye | None:
    """Load what the settings name; None where they name nothing.

    Raises:
        ConfigurationError: It cannot be loaded, or cannot do what it is there for.
    """
    if not settings.vision_model:
        if settings.face_model:
            raise ConfigurationError(f"{FACE_MODEL} needs {VISION_MODEL} beside it. Set both, or neither.")
        return None
    disable_progress_bar()  # a log is no terminal
    folder = find_model(settings.vision_model, VISION_MODEL, may_download=may_download)
    encoder = _load(AutoModel, folder, VISION_MODEL)
    _try_encoder(encoder)
    if not settings.face_model:
        return Eye(identity_of([folder], [_kind(encoder)]), encoder)
    face_folder = find_model(settings.face_model, FACE_MODEL, may_download=may_download)
    detector = _load(AutoModelForObjectDetection, face_folder, FACE_MODEL)
    if not _face_labels(detector) or not hasattr(detector.processor, "post_process_object_detection"):
        raise ConfigurationError(
            f'{FACE_MODEL}: this model finds nothing that it calls "{FACE_WORD}". Name another.'
        )
    provider = identity_of([folder, face_folder], [_kind(encoder), _kind(detector)])
    return Eye(provider, encoder, detector)


def _load(kind: Any, folder: Path, variable: str) -> Model:
    """Load weights from safetensors only, and never run code that came with them."""
    options = {"local_files_only": True, "trust_remote_code": False}
    try:
        AutoConfig.from_pretrained(folder, **options)
        processor = AutoImageProcessor.from_pretrained(folder, **options)
        network, loading = kind.from_pretrained(
            folder, use_safetensors=True, output_loading_info=True, **options
        )
    except (OSError, ValueError, RuntimeError, KeyError, ImportError, SafetensorError) as fault:
        raise ConfigurationError(
            f"{variable}: the model in {folder} cannot be loaded ({type(fault).__name__}). "
            "It needs config.json, preprocessor_config.json and model.safetensors of a kind that transformers knows."
        ) from fault
    # transformers makes up what is missing, anew at each start, and only logs it.
    if set(loading["missing_keys"]) & {name for name, _ in network.named_parameters()}:
        raise ConfigurationError(
            f"{variable}: the model in {folder} has not all the weights that are needed here. Name another."
        )
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return Model(network.eval().requires_grad_(False).to(device), processor)


def _try_encoder(encoder: Model) -> None:
    """Look at something now, so that a model that is no image encoder is told at the start."""
    try:
        with torch.inference_mode():
            _embed(encoder, Image.effect_noise((64, 64), 50).convert("RGB"))
    except (ValueError, RuntimeError, TypeError, AttributeError) as fault:
        raise ConfigurationError(
            f"{VISION_MODEL}: this model does not turn pictures into embeddings. Name a DINOv2 or CLIP model."
        ) from fault


def _kind(model: Model) -> str:
    return str(model.network.config.model_type)


def _embed(encoder: Model, picture: Image.Image) -> np.ndarray:
    """Return the picture's look as a unit vector, [D]: the class token's of DINOv2, the projected one of CLIP."""
    inputs = encoder.prepare(picture)
    network = encoder.network
    seen = (
        network.get_image_features(**inputs) if hasattr(network, "get_image_features") else network(**inputs)
    )
    vector = seen.pooler_output[0].float().cpu().numpy()
    length = np.linalg.norm(vector)
    if not np.isfinite(length) or length == 0.0:
        raise ValueError("the encoder returned no direction")
    return (vector / length).astype(np.float32)


def _find_faces(detector: Model, picture: Image.Image) -> tuple[Face, ...]:
    outputs = detector.network(**detector.prepare(picture))
    [found] = detector.processor.post_process_object_detection(
        outputs, threshold=LEAST_FACE_SCORE, target_sizes=[(picture.height, picture.width)]
    )
    labels = _face_labels(detector)
    faces = [
        Face(
            max(0.0, left),
            max(0.0, top),
            min(float(picture.width), right),
            min(float(picture.height), bottom),
            score,
        )
        for score, label, (left, top, right, bottom) in zip(
            found["scores"].tolist(), found["labels"].tolist(), found["boxes"].tolist(), strict=True
        )
        if label in labels
    ]
    seen = [face for face in faces if face.right > face.left and face.bottom > face.top]
    return tuple(sorted(seen, key=lambda face: -face.score)[:MAX_FACES])


def _face_labels(detector: Model) -> frozenset[int]:
    names = detector.network.config.id2label.items()
    return frozenset(
        int(label) for label, name in names if FACE_WORD in str(name).lower().replace("_", " ").split()
    )
