"""Trees of components: walking them, and the form that Discord keeps them in.

Source: discord-api-docs, Components, Reference.
"""

from __future__ import annotations

import copy
import enum
from collections.abc import Callable, Iterator, Sequence
from typing import Any

Component = dict[str, Any]
Path = tuple[str | int, ...]


class Kind(enum.IntEnum):
    """The types of component that the fake knows."""

    ACTION_ROW = 1
    BUTTON = 2
    STRING_SELECT = 3
    TEXT_INPUT = 4
    USER_SELECT = 5
    ROLE_SELECT = 6
    MENTIONABLE_SELECT = 7
    CHANNEL_SELECT = 8
    SECTION = 9
    TEXT_DISPLAY = 10
    THUMBNAIL = 11
    MEDIA_GALLERY = 12
    FILE = 13
    SEPARATOR = 14
    CONTAINER = 17
    LABEL = 18
    FILE_UPLOAD = 19
    RADIO_GROUP = 21
    CHECKBOX_GROUP = 22
    CHECKBOX = 23


LINK_STYLE = 5
SELECTS = (3, 5, 6, 7, 8)


def walk(components: Sequence[Component], path: Path = ("components",)) -> Iterator[tuple[Path, Component]]:
    """Yield every component with its place, parents first, in the order in which people read them."""
    for place, component in enumerate(components):
        here = (*path, place)
        yield here, component
        yield from walk(component.get("components") or [], (*here, "components"))
        for key in ("accessory", "component"):
            if component.get(key) is not None:
                yield (*here, key), component[key]


def media_of(component: Component) -> list[Component]:
    """Return the media that a thumbnail, gallery or file component shows, each with its `url`."""
    match component["type"]:
        case Kind.THUMBNAIL:
            return [component["media"]]
        case Kind.MEDIA_GALLERY:
            return [item["media"] for item in component["items"]]
        case Kind.FILE:
            return [component["file"]]
        case _:
            return []


def stored(components: Sequence[Component]) -> list[Component]:
    """Return the form that Discord keeps: numbered, with defaults filled in and empty fields gone."""
    kept = copy.deepcopy(list(components))
    taken = {each.get("id") for _, each in walk(kept)}
    numbers = (number for number in range(1, 1000) if number not in taken)
    for _, component in walk(kept):
        component["id"] = component.get("id") or next(numbers)
        _fill_in(component)
    return kept


def _fill_in(component: Component) -> None:
    for key in [key for key, value in component.items() if value is None]:
        del component[key]
    match component["type"]:
        case Kind.CONTAINER:
            component.setdefault("accent_color", None)
            component.setdefault("spoiler", False)
        case Kind.THUMBNAIL | Kind.FILE:
            component.setdefault("spoiler", False)
            if component["type"] == Kind.THUMBNAIL:
                component.setdefault("description", None)
        case Kind.MEDIA_GALLERY:
            for item in component["items"]:
                item["description"] = item.get("description")
                item["spoiler"] = item.get("spoiler") or False
        case Kind.SEPARATOR:
            component.setdefault("spacing", 1)
            component.setdefault("divider", True)
        case kind if kind in SELECTS:
            component.setdefault("min_values", 1)
            component.setdefault("max_values", 1)
            for option in component.get("options", []):
                for key in [key for key, value in option.items() if value is None]:
                    del option[key]
        case _:
            pass


def with_media(components: Sequence[Component], unfurl: Callable[[Component], Component]) -> list[Component]:
    """Return what goes out on the wire: each medium replaced by what `unfurl` makes of it."""
    shown = copy.deepcopy(list(components))
    for _, component in walk(shown):
        match component["type"]:
            case Kind.THUMBNAIL:
                component["media"] = unfurl(component["media"])
            case Kind.MEDIA_GALLERY:
                for item in component["items"]:
                    item["media"] = unfurl(item["media"])
            case Kind.FILE:
                component["file"] = unfurl(component["file"])
                component["name"] = component["file"].pop("name", None)
                component["size"] = component["file"].pop("size", None)
            case _:
                pass
    return shown
