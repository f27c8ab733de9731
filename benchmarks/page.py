"""The figures of docs/performance.md: between two comments that name result files stands what those files say.

    <!-- figures: serving -->
    ...
    <!-- /figures -->

Names may have a star. Where there is no such file, the page says so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.report import REPOSITORY, RESULTS

PAGE = REPOSITORY / "docs" / "performance.md"
COMMANDS = {
    "serving": "python -m benchmarks serving",
    "engine": "python -m benchmarks engine",
    "training": "python -m benchmarks trainings",
    "picture": "python -m benchmarks pictures",
    "gpu": "make bench-gpu",
}
"""By the first word of a result's name."""
CIRCUMSTANCES = frozenset(
    {
        "benchmark",
        "machine",
        "load_average_1_5_15_minutes",
        "versions",
        "libraries",
        "commit",
        "date",
        "torch",
    }
)
SPREADS = (("median", "least", "most"), ("median", "min", "max"))
"""What the keys of a ratio over several rounds are."""
BLOCK = re.compile(r"(<!-- figures: (\S+) -->\n).*?(<!-- /figures -->)", re.DOTALL)
NOT_MEASURED = "Not measured yet: there is no such result.\n"


def write_page() -> None:
    """Bring the figures of the page up to date."""
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8"), RESULTS), encoding="utf-8")


def filled(text: str, results: Path) -> str:
    """Return a page with what the result files say between its marks."""

    def block(match: re.Match[str]) -> str:
        files = [
            path for path in sorted(results.glob(f"{match[2]}.json")) if not path.stem.endswith("-small")
        ]
        return match[1] + ("\n".join(map(_section, files)) or NOT_MEASURED) + match[3]

    return BLOCK.sub(block, text)


def rows(figures: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each figure; a ratio with its spread is one."""
    match figures:
        case dict() if (spread := spread_of(figures)) is not None:
            median, least, most = spread
            yield _name(path), f"**{_short(median)}** ({_short(least)} to {_short(most)})"
        case dict():
            for key, value in figures.items():
                if path or key not in CIRCUMSTANCES:
                    yield from rows(value, (*path, key))
        case list():
            yield _name(path), ", ".join(map(_short, figures))
        case None:
            pass
        case _:
            yield _name(path), _short(figures)


def spread_of(figures: Any) -> tuple[float, float, float] | None:
    """Return median, least and most of a ratio over several rounds; None for anything else."""
    for keys in SPREADS:
        if isinstance(figures, dict) and figures.keys() == set(keys):
            median, least, most = (figures[key] for key in keys)
            return median, least, most
    return None


def _section(path: Path) -> str:
    figures = json.loads(path.read_text(encoding="utf-8"))
    machine = figures.get("machine", "")
    if isinstance(machine, dict):
        machine = f"{machine['cpu']}, {machine['cores']} cores"
    load = figures.get("load_average_1_5_15_minutes")
    told = [
        f"<code>{COMMANDS[re.split('[-.]', path.stem)[0]]}</code>",
        f"{figures.get('device', machine)}",
        *([f"load {load[0]}"] if load else []),
        str(figures["date"]),
    ]
    table = "\n".join(f"| {name} | {text} |" for name, text in rows(figures))
    title = f"{figures.get('benchmark', path.stem)} ({', '.join(told)})"
    return f"<details><summary>{title}</summary>\n\n| | |\n|---|---|\n{table}\n\n</details>\n"


def _short(figure: Any) -> str:
    return f"{figure:.4g}" if isinstance(figure, float) else str(figure)


def _name(path: tuple[str, ...]) -> str:
    return ": ".join(map(in_words, path))


def in_words(key: str) -> str:
    """Return a key as words; one that has spaces is in words already, and may name a function."""
    return key if " " in key else key.replace("_", " ")
