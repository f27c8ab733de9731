"""Train a model that ships with Likeness: `python -m gpu_worker.demo_models FOLDER --out FOLDER ...`.

The same engine, steps and checks as for anybody's `/train`; only the photos come from a folder and the
result goes into one (`core/demo_model_files/HANDLE/`) instead of the queue and the store. To be run again
whenever the base's weights change.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from core.queue.specs import TrainingPhoto, TrainSpec
from core.rules.bases import load_bases
from core.rules.captions import draft_captions
from core.rules.kinds import ModelKind
from core.rules.names import Name, parse_name, trigger_word
from core.rules.presets import training_preset
from gpu_worker.engine import Engine
from gpu_worker.events import TrainingDone
from gpu_worker.families.registry import load_family
from gpu_worker.likeness import likeness
from gpu_worker.runner import Runner

TEST_SCENES = ("", " on a beach", " in the snow", " in a forest", " on a wooden table", " in a city at night")
LAST_TRIGGER_WORD = -1
"""Counted from the end, so that a workspace's own models, counted from the start, come there last."""


def train(
    photos: list[Path], name: Name, kind: ModelKind, class_noun: str, base: str, seed: int
) -> TrainingDone:
    """Train on square photos until the check has passed.

    Raises:
        JobFailed: The training came to nothing.
    """
    engine = Engine(Runner(load_family(base)), judge=likeness)
    captions = draft_captions(name.handle, class_noun, kind, len(photos))
    spec = TrainSpec(
        workspace_id="",
        model_id="",
        version_id="",
        handle=name.handle,
        kind=kind,
        class_noun=class_noun,
        trigger_word=trigger_word(load_bases()[base], LAST_TRIGGER_WORD),
        base_model=base,
        photos=tuple(TrainingPhoto(str(path), text) for path, text in zip(photos, captions, strict=True)),
        preset=training_preset(base, kind, len(photos)),
        seed=seed,
        test_prompts=tuple(f"@{name.handle}{scene}" for scene in TEST_SCENES),
    )
    engine.add(engine.runner.begin_training("demo", spec, [path.read_bytes() for path in photos]))
    while True:
        for event in engine.step():
            if isinstance(event, TrainingDone):
                return event


def main() -> None:
    """Read the command line, train, and write `adapter.safetensors`, `model.toml` and the test sheet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="a folder with square photos")
    parser.add_argument("--name", required=True)
    parser.add_argument("--kind", type=ModelKind, required=True)
    parser.add_argument("--class", dest="class_noun", required=True)
    parser.add_argument("--base", default="tiny")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, required=True, help="core/demo_model_files/HANDLE")
    asked = parser.parse_args()
    name = parse_name(asked.name)
    if not isinstance(name, Name):
        parser.error(str(name))
    photos = sorted(asked.folder.glob("[0-9]*.jpg"))
    done = train(photos, name, asked.kind, asked.class_noun, asked.base, asked.seed)
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "adapter.safetensors").write_bytes(done.adapter)
    done.test_sheet.save(asked.out / "test-sheet.png")
    identity = load_family(asked.base).identity
    (asked.out / "model.toml").write_text(
        f"# Written by gpu_worker.demo_models; train again when the base changes.\n"
        f'handle = "{name.handle}"\n'
        f'display_name = "{name.display_name}"\n'
        f'kind = "{asked.kind.value}"\n'
        f'class_noun = "{asked.class_noun}"\n'
        f'trigger_word = "{trigger_word(load_bases()[asked.base], LAST_TRIGGER_WORD)}"\n'
        f'base_model = "{asked.base}"\n'
        f'base_weights_sha256 = "{identity.weights_sha256}"\n'
        f"likeness_score = {done.likeness or 0.0:.3f}\n",
        encoding="utf-8",
    )


if __name__ == "__main__":
    main()
