"""Slack's official types of arguments and blocks, asked whether a request fits them."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from jsonschema import Draft7Validator
from jsonschema.exceptions import ValidationError

from tests.fakes.slack import samples as official
from tests.fakes.slack.arguments import ARGUMENTS, EXTRA
from tests.fakes.slack.blocks import Path

Json = Any
STRUCTURES = ("blocks", "attachments", "view")
"""Arguments that are held against their own types, not with the method's."""


@dataclass(frozen=True)
class Flaw:
    """Where and how something does not fit."""

    path: Path
    rule: str
    """The JSON schema keyword that it breaks, or a name of ours."""
    text: str

    @property
    def is_unknown_key(self) -> bool:
        """Whether it is an argument that Slack does not know, and passes over."""
        return self.rule == "unknown argument"

    def __str__(self) -> str:
        return f"{'/'.join(str(each) for each in self.path) or 'arguments'}: {self.text}"


class Specification:
    """The types, with a validator for each that was asked for."""

    def __init__(self, document: dict[str, Json], tiers: dict[str, str], samples: dict[str, Json]) -> None:
        self.tiers = tiers
        """The rate limit's tier by method."""
        self.samples = samples
        """Official payloads by the name of their file."""
        self._definitions = document["definitions"]
        self._methods = {
            name: each["$ref"].rpartition("/")[2]
            for name, each in self._definitions["All"]["properties"].items()
        }
        self._blocks = dict(self._by_type("KnownBlock"))
        self._validators: dict[str, Draft7Validator] = {}
        self._arguments: dict[str, tuple[dict[str, Json], set[str]]] = {}

    def knows(self, method: str) -> bool:
        """Tell whether there are types for a method's arguments."""
        return method in self._methods or method in ARGUMENTS

    def arguments(self, method: str) -> tuple[dict[str, Json], set[str]]:
        """Return the schemas of a method's arguments by name, and the names that must be there."""
        if method not in self._arguments:
            self._arguments[method] = self._read_arguments(method)
        return self._arguments[method]

    def _read_arguments(self, method: str) -> tuple[dict[str, Json], set[str]]:
        if method not in self._methods:
            return ARGUMENTS[method]
        definition = self._definitions[self._methods[method]]
        variants = definition.get("anyOf", [definition])
        found: dict[str, list[Json]] = {}
        for variant in variants:
            for name, schema in variant["properties"].items():
                found.setdefault(name, []).append(schema)
        properties = {name: {"anyOf": schemas} for name, schemas in found.items()} | EXTRA.get(method, {})
        required = set.intersection(*(set(each["required"]) for each in variants))
        return properties, required - {"text", "interactivity_pointer"}

    def read(self, method: str, values: Mapping[str, Json], *, is_text: bool) -> dict[str, Json]:
        """Return arguments as JSON: from a query or a form each of them comes as text."""
        if not self.knows(method):
            return dict(values)
        properties, _ = self.arguments(method)
        arguments = {name: each for name, each in values.items() if each is not None}
        for name, value in arguments.items():
            kinds = set(_kinds(properties.get(name, {}), self._definitions))
            if isinstance(value, str) and (is_text or kinds & {"number", "array", "object"}):
                arguments[name] = _as_json(value, kinds)
        return arguments

    def flaws_in_arguments(self, method: str, arguments: Mapping[str, Json]) -> Iterator[Flaw]:
        """Yield what is wrong with a method's arguments; blocks, attachments and views are left out."""
        properties, required = self.arguments(method)
        for name in sorted(required - set(arguments)):
            yield Flaw((name,), "required", f"missing required field: {name}")
        for name, value in arguments.items():
            if name not in properties:
                yield Flaw((name,), "unknown argument", f"{method} knows no argument {name!r}")
            elif name not in STRUCTURES:
                where = f"{method} {name}"
                yield from self._flaws(where, properties[name], value, (name,))

    def flaws_in_blocks(self, blocks: Json, path: Path = ("blocks",)) -> Iterator[Flaw]:
        """Yield what is wrong with the form of blocks, a type that there is none of included."""
        if not isinstance(blocks, list):
            yield Flaw(path, "type", "must provide an array")
            return
        for number, block in enumerate(blocks):
            here = (*path, number)
            kind = block.get("type") if isinstance(block, dict) else None
            if not isinstance(kind, str) or kind not in self._blocks:
                yield Flaw((*here, "type"), "type", f"unsupported type: {kind}")
            else:
                name = self._blocks[kind]
                yield from self._flaws(name, {"$ref": f"#/definitions/{name}"}, block, here)

    def flaws_in_view(self, view: Json, path: Path = ("view",)) -> Iterator[Flaw]:
        """Yield what is wrong with the form of a view, blocks included."""
        kind = view.get("type") if isinstance(view, dict) else None
        name = {"modal": "ModalView", "home": "HomeView"}.get(kind) if isinstance(kind, str) else None
        if name is None:
            yield Flaw((*path, "type"), "type", f"unsupported type: {kind}")
            return
        bare = {**view, "blocks": []} if "blocks" in view else view
        yield from self._flaws(name, {"$ref": f"#/definitions/{name}"}, bare, path)
        yield from self.flaws_in_blocks(view.get("blocks", []), (*path, "blocks"))

    def flaws_in_attachments(self, attachments: Json) -> Iterator[Flaw]:
        """Yield what is wrong with the form of attachments, the blocks in them included."""
        if not isinstance(attachments, list):
            yield Flaw(("attachments",), "type", "must provide an array")
            return
        for number, each in enumerate(attachments):
            here = ("attachments", number)
            bare = {key: value for key, value in each.items() if key != "blocks"}
            name = "MessageAttachment"
            yield from self._flaws(name, {"$ref": f"#/definitions/{name}"}, bare, here)
            yield from self.flaws_in_blocks(each.get("blocks", []), (*here, "blocks"))

    def flaws_in_payload(self, envelope: str, payload: dict[str, Json]) -> Iterator[str]:
        """Yield how what is sent to the app differs from the official sample."""
        return official.flaws_in_payload(self, envelope, payload)

    def flaws_in_answer(self, method: str, body: dict[str, Json]) -> Iterator[str]:
        """Yield how an answer differs from the official sample, where there is one."""
        return official.flaws_in_answer(self, method, body)

    def _flaws(self, name: str, schema: Json, value: Json, path: Path) -> Iterator[Flaw]:
        if name not in self._validators:
            self._validators[name] = Draft7Validator({**schema, "definitions": self._definitions})
        for error in self._validators[name].iter_errors(value):
            deepest = _deepest(error)
            yield Flaw((*path, *deepest.absolute_path), str(deepest.validator), _words(deepest))

    def _by_type(self, union: str) -> Iterator[tuple[str, str]]:
        for each in self._definitions[union]["anyOf"]:
            name = each["$ref"].rpartition("/")[2]
            definition = self._definitions[name]
            variants: Sequence[Json] = definition.get("anyOf", [definition])
            yield variants[0]["properties"]["type"]["const"], name


def _deepest(error: ValidationError) -> ValidationError:
    """Follow an `anyOf` into the alternative that has the right type, down to what is wrong in it."""
    while error.context:
        groups: dict[Any, list[ValidationError]] = {}
        for each in error.context:
            groups.setdefault(each.relative_schema_path[0], []).append(each)
        fitting = [
            group
            for group in groups.values()
            if not any(each.validator == "const" and list(each.relative_path) == ["type"] for each in group)
        ]
        if not fitting:
            return error
        error = min(fitting, key=len)[0]
    return error


def _words(error: ValidationError) -> str:
    match error.validator:
        case "additionalProperties":
            return f"no more properties allowed: {error.message}"
        case "required":
            return f"missing required field: {error.message}"
        case "anyOf":
            kind = error.instance.get("type") if isinstance(error.instance, dict) else None
            return f"unsupported type: {kind}" if kind else "failed to match all allowed schemas"
        case _:
            return error.message


def _kinds(schema: Json, definitions: Json) -> Iterator[str]:
    if "$ref" in schema:
        yield from _kinds(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    for each in schema.get("anyOf", ()):
        yield from _kinds(each, definitions)
    kind = schema.get("type")
    if isinstance(kind, str):
        yield kind


def _as_json(text: str, kinds: set[str]) -> Json:
    if kinds & {"array", "object"} and text[:1] in ("[", "{"):
        try:
            return json.loads(text)
        except ValueError:
            return text
    if "array" in kinds and "string" not in kinds:
        return text.split(",")
    if "number" in kinds and text.lstrip("-").replace(".", "", 1).isdigit():
        return float(text) if "." in text else int(text)
    if "boolean" in kinds and text.lower() in ("0", "1", "true", "false"):
        return text.lower() in ("1", "true")
    return text


@functools.cache
def load(folder: FilePath) -> Specification:
    """Read what lies in a folder of specifications, once a run."""
    slack = folder / "slack"
    document = json.loads((slack / "web-api.schema.json").read_text())
    tiers = json.loads((slack / "rate_limit_tiers.json").read_text())
    samples = {each.stem: json.loads(each.read_text()) for each in (slack / "samples").glob("*.json")}
    return Specification(document, tiers, samples)
