"""The models that ship with Likeness: every workspace has them, and every plan may use them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from pydantic import TypeAdapter

from core.rules.kinds import ModelKind
from core.store.blobs import Blobs
from core.store.database import transaction
from core.store.records import ModelRecord, VersionRecord, VersionState
from core.workspace import Workspace

OWNER_ID = "likeness"


@dataclass(frozen=True)
class DemoModel:
    """One shipped model: `model.toml`, `adapter.safetensors` and `test-sheet.png` in a folder of its own."""

    handle: str
    display_name: str
    kind: ModelKind
    class_noun: str
    trigger_word: str
    base_model: str
    base_weights_sha256: str
    likeness_score: float
    adapter: bytes
    test_sheet: bytes


@cache
def shipped() -> tuple[DemoModel, ...]:
    """Return the shipped models, by handle."""
    reader = TypeAdapter(DemoModel)
    found: list[DemoModel] = []
    for folder in resources.files("core").joinpath("demo_model_files").iterdir():
        if folder.joinpath("model.toml").is_file():
            row = tomllib.loads(folder.joinpath("model.toml").read_text(encoding="utf-8"))
            adapter = folder.joinpath("adapter.safetensors").read_bytes()
            sheet = folder.joinpath("test-sheet.png").read_bytes()
            found.append(reader.validate_python({**row, "adapter": adapter, "test_sheet": sheet}))
    return tuple(sorted(found, key=lambda model: model.handle))


async def install(workspace: Workspace, blobs: Blobs) -> None:
    """Give a workspace the demo models it lacks."""
    for model in shipped():
        adapter_key = await blobs.put(workspace.id, model.adapter, ".safetensors")
        test_sheet_key = await blobs.put(workspace.id, model.test_sheet, ".png")
        async with transaction():
            if await ModelRecord.exists(workspace_id=workspace.id, live_handle=model.handle):
                continue
            record = await ModelRecord.create(
                workspace_id=workspace.id,
                handle=model.handle,
                live_handle=model.handle,
                display_name=model.display_name,
                kind=model.kind,
                class_noun=model.class_noun,
                trigger_word=model.trigger_word,
                owner_id=OWNER_ID,
                is_demo=True,
            )
            version = await VersionRecord.create(
                model_id=record.id,
                number=1,
                state=VersionState.READY,
                base_model=model.base_model,
                base_weights_sha256=model.base_weights_sha256,
                adapter_key=adapter_key,
                test_sheet_key=test_sheet_key,
                likeness_score=model.likeness_score,
            )
            await ModelRecord.filter(id=record.id).update(serving_version_id=version.id)
