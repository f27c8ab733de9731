"""Discord's official description of its HTTP API, asked whether a request or an answer fits it."""

from __future__ import annotations

import copy
import functools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

Json = Any
METHODS = ("get", "post", "put", "patch", "delete")
_REQUESTS, _ANSWERS = "urn:discord:requests", "urn:discord:answers"


@dataclass(frozen=True)
class Flaw:
    """Where and how something does not fit."""

    path: tuple[str | int, ...]
    rule: str
    """The JSON schema keyword that it breaks, as in `maxLength`."""
    limit: Json
    text: str

    @property
    def is_unknown_key(self) -> bool:
        """Whether it is a key that Discord does not know, and passes over."""
        return self.rule == "additionalProperties"

    def __str__(self) -> str:
        place = ".".join(str(each) for each in self.path)
        return f"{place or 'body'}: {self.text}"


class Specification:
    """The description, with a validator for each schema that was asked for."""

    def __init__(self, document: dict[str, Json]) -> None:
        self._paths: dict[str, dict[str, Json]] = document["paths"]
        self._patterns = [(template, _pattern(template)) for template in sorted(self._paths, key=_openness)]
        resources = {_REQUESTS: _for_requests(document), _ANSWERS: document}
        self._registry: Registry[Any] = Registry().with_resources(
            (name, DRAFT202012.create_resource(each)) for name, each in resources.items()
        )
        self._validators: dict[str, Draft202012Validator] = {}

    def find(self, method: str, path: str) -> tuple[str, dict[str, str]] | None:
        """Return the template that a path belongs to, and the values in its place."""
        for template, pattern in self._patterns:
            match = pattern.fullmatch(path)
            if match is not None and method.lower() in self._paths[template]:
                return template, match.groupdict()
        return None

    def flaws_in_path(self, method: str, template: str, values: Mapping[str, str]) -> Iterator[Flaw]:
        """Yield what is wrong with the values in the path."""
        for place, parameter in self._parameters(method, template, "path"):
            yield from self._flaws(f"{place}/schema", values[parameter["name"]], (parameter["name"],))

    def flaws_in_query(self, method: str, template: str, query: Mapping[str, str]) -> Iterator[Flaw]:
        """Yield what is wrong with the query, unknown names included."""
        known: set[str] = set()
        for place, parameter in self._parameters(method, template, "query"):
            name = parameter["name"]
            known.add(name)
            if name in query:
                value = _as_json(query[name], parameter["schema"].get("type"))
                yield from self._flaws(f"{place}/schema", value, (name,))
        for name in query:
            if name not in known:
                yield Flaw((name,), "additionalProperties", None, f"no such query parameter: {name}")

    def flaws_in_body(self, method: str, template: str, body: Json) -> Iterator[Flaw]:
        """Yield what is wrong with the body; at most one flaw for each of its alternatives."""
        operation = self._paths[template][method.lower()]
        if "requestBody" not in operation:
            if body:
                yield Flaw((), "additionalProperties", None, "takes no body")
            return
        place = f"{_REQUESTS}#/paths/{_escaped(template)}/{method.lower()}"
        yield from self._flaws(f"{place}/requestBody/content/application~1json/schema", body, ())

    def flaws_in_answer(self, method: str, template: str, status: int, body: Json) -> Iterator[Flaw]:
        """Yield what is wrong with an answer: a status that the route does not give, or a body unlike it."""
        answers = self._paths[template][method.lower()]["responses"]
        place = f"{_ANSWERS}#/paths/{_escaped(template)}/{method.lower()}/responses"
        key = str(status) if str(status) in answers else f"{status // 100}XX"
        if key not in answers:
            yield Flaw((), "status", None, f"{status} is no answer of this route")
            return
        if "$ref" in answers[key]:
            place, key = f"{_ANSWERS}#/components/responses", answers[key]["$ref"].rpartition("/")[2]
            yield from self._flaws(f"{place}/{key}/content/application~1json/schema", body, ())
        elif "content" in answers[key]:
            yield from self._flaws(f"{place}/{key}/content/application~1json/schema", body, ())
        elif body is not None:
            yield Flaw((), "content", None, f"{status} has no body here")

    def flaws_in(self, schema: str, value: Json) -> Iterator[Flaw]:
        """Yield what is wrong with a value of one of the description's own types, as in `MessageResponse`."""
        yield from self._flaws(f"{_ANSWERS}#/components/schemas/{schema}", value, ())

    def _parameters(self, method: str, template: str, where: str) -> Iterator[tuple[str, dict[str, Json]]]:
        route = self._paths[template]
        for place, holder in (("", route), (f"/{method.lower()}", route[method.lower()])):
            for number, parameter in enumerate(holder.get("parameters", [])):
                if parameter["in"] == where:
                    at = f"{_REQUESTS}#/paths/{_escaped(template)}{place}/parameters/{number}"
                    yield at, parameter

    def _flaws(self, place: str, value: Json, start: tuple[str | int, ...]) -> Iterator[Flaw]:
        if place not in self._validators:
            self._validators[place] = Draft202012Validator({"$ref": place}, registry=self._registry)
        for error in self._validators[place].iter_errors(value):
            cause = _cause(error)
            path = (*start, *cause.absolute_path)
            yield Flaw(path, str(cause.validator), cause.validator_value, cause.message[:300])


def _cause(error: ValidationError) -> ValidationError:
    """Return the flaw that a person would name: inside the alternative that was meant."""
    while error.context:
        branches: dict[int, list[ValidationError]] = {}
        for each in error.context:
            branches.setdefault(int(each.schema_path[0]), []).append(each)
        meant = [
            errors
            for errors in branches.values()
            if not any(_is_another_type(error, each) for each in errors)
        ]
        error = min(meant or branches.values(), key=len)[0]
    return error


def _is_another_type(parent: ValidationError, error: ValidationError) -> bool:
    depth = len(parent.absolute_path)
    path = list(error.absolute_path)[depth:]
    is_kind = path == ["type"] and error.validator in ("enum", "const", "oneOf")
    return is_kind or (not path and error.validator == "type")


def _for_requests(document: dict[str, Json]) -> dict[str, Json]:
    """Return the description as Discord reads requests: ids as numbers too; and unknown keys are told of."""
    relaxed = copy.deepcopy(document)
    schemas = relaxed["components"]["schemas"]
    schemas["SnowflakeType"]["type"] = ["string", "integer"]
    pending: list[Json] = [relaxed["paths"], schemas]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            if "properties" in node and node.get("type") == "object":
                node.setdefault("additionalProperties", False)
            pending += [each for key, each in node.items() if key != "allOf"]
        elif isinstance(node, list):
            pending += node
    return relaxed


def _openness(template: str) -> tuple[int, str]:
    """Sort templates so that `/users/@me` is tried before `/users/{user_id}`."""
    return template.count("{"), template


def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", template)
    joined = "".join(
        f"(?P<{part}>[^/]+)" if number % 2 else re.escape(part) for number, part in enumerate(parts)
    )
    return re.compile(joined)


def _escaped(template: str) -> str:
    return quote(template.replace("~", "~0").replace("/", "~1"), safe="~@")


def _as_json(text: str, kind: str | list[str] | None) -> Json:
    if kind == "integer" and re.fullmatch(r"-?\d+", text):
        return int(text)
    if kind == "boolean" and text.lower() in ("0", "1", "true", "false"):
        return text.lower() in ("1", "true")
    return text


@functools.cache
def load(folder: Path) -> Specification:
    """Read the description that lies in a folder of specifications, once a run."""
    return Specification(json.loads((folder / "discord" / "openapi.json").read_text()))
