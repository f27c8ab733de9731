"""`python -m benchmarks plots`: pictures of the results, for docs/performance.md, and the page's figures with them.

Needs matplotlib: `pip install -c constraints.txt -e '.[bench]'`, or `make plots`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from benchmarks.page import PAGE, in_words, spread_of, write_page
from benchmarks.report import RESULTS

FOLDER = PAGE.parent / "performance"
OURS, PEER, BARE = "#2a6f97", "#b23a48", "#8d99ae"
DOTS_PER_INCH = 120
RATIO_PLOTS = {
    "engine": "Pictures with eight adapters: ours, over each other way",
    "training": "Trainings: ours, over each other way",
    "gpu": "On a GPU: ours, over each other way",
}
"""By the first word of a result's name."""
STEPS_ON_THE_WAY = re.compile(r"two thin products|measured kernels /|^batches of one adapter|^the same batch")
"""Ratios that tell what one idea brought; they are in the tables."""
AS_IT_SERVES = (", measured kernels, text kept", ", text kept")

Spread = tuple[float, float, float]
"""Median, least and most."""


def draw() -> None:
    """Draw what there are results for, and fill the page."""
    FOLDER.mkdir(exist_ok=True)
    if (RESULTS / "serving.json").exists():
        _draw_serving(json.loads((RESULTS / "serving.json").read_text(encoding="utf-8")))
    if (RESULTS / "loss-curves.json").exists():
        _draw_curves(json.loads((RESULTS / "loss-curves.json").read_text(encoding="utf-8"))["curves"])
    for word, title in RATIO_PLOTS.items():
        ratios = list(_ratios(word))
        if ratios:
            _draw_ratios(word, title, ratios)
    write_page()


def _draw_serving(figures: dict[str, Any]) -> None:
    loads = {"half of capacity": "people come at half\nof capacity", "full capacity": "at full capacity"}
    workers = {
        "first_come_p95_seconds": ("a worker that ends what it begins", PEER),
        "ours_p95_seconds": ("ours", OURS),
        "without_training_p95_seconds": ("ours, nobody trains", BARE),
    }
    figure, axes = plt.subplots(figsize=(7, 3.6), layout="constrained")
    for place, load in enumerate(loads):
        shown = [(key, *worker) for key, worker in workers.items() if key in figures[load]]
        for offset, (key, title, colour) in enumerate(shown):
            seconds = figures[load][key]
            at = place + (offset - 1) * 0.27
            axes.bar(at, seconds, 0.25, color=colour, label=title if place == 0 else None)
            axes.text(at, seconds, f"{seconds:.2g} s", ha="center", va="bottom", fontsize=8)
    axes.set_yscale("log")
    axes.margins(y=0.15)
    axes.set_xticks(range(len(loads)), list(loads.values()))
    axes.set_ylabel("seconds, 95 % of people", fontsize=8)
    figure.suptitle("The wait for a picture during a training", x=0.01, ha="left", fontsize=10)
    figure.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=len(workers))
    _save(figure, axes, "serving")


def _draw_curves(curves: dict[str, dict[str, list[float]]]) -> None:
    figure, axes = plt.subplots(figsize=(7, 3.2), layout="constrained")
    title, losses = next(iter(curves.items()))  # the comparison in which all but the software is equal
    axes.plot(losses["ours"], color=OURS, label="ours")
    axes.plot(losses["script"], color=PEER, label="diffusers' script")
    axes.set_xlabel("step", fontsize=8)
    axes.set_ylabel("loss")
    figure.suptitle(f"One training, {title}: mean loss of the runs", x=0.01, ha="left", fontsize=10)
    axes.legend(fontsize=8, frameon=False)
    _save(figure, axes, "loss-curves")


def _draw_ratios(word: str, title: str, ratios: list[tuple[str, Spread]]) -> None:
    figure, axes = plt.subplots(figsize=(9, 0.9 + 0.3 * len(ratios)), layout="constrained")
    for place, (_, (median, least, most)) in enumerate(reversed(ratios)):
        axes.barh(place, median, 0.6, color=OURS if median >= 1.0 else PEER)
        axes.plot([least, most], [place, place], color="black", linewidth=1)
        axes.text(most, place, f" {median:.2f}", va="center", fontsize=8)
    axes.axvline(1.0, color="black", linewidth=0.8, linestyle=":")
    axes.margins(x=0.12)
    axes.set_yticks(range(len(ratios)), [name for name, _ in reversed(ratios)], fontsize=7)
    axes.set_xlabel("times as fast: median, and least to most", fontsize=8)
    figure.suptitle(title, x=0.01, ha="left", fontsize=10)
    _save(figure, axes, word)


def _ratios(word: str) -> Iterator[tuple[str, Spread]]:
    for path in sorted(RESULTS.glob(f"{word}-*.json")):
        if not path.stem.endswith("-small"):
            place = path.stem.removeprefix(f"{word}-")
            for name, spread in _found(json.loads(path.read_text(encoding="utf-8"))):
                if not STEPS_ON_THE_WAY.search(name):
                    for words in AS_IT_SERVES:
                        name = name.replace(words, "")
                    yield f"{place}:  {name}", spread


def _found(figures: Any, name: str = "") -> Iterator[tuple[str, Spread]]:
    spread = spread_of(figures)
    if spread is not None:
        yield in_words(name), spread
    elif isinstance(figures, dict):
        for key, value in figures.items():
            yield from _found(value, key)


def _save(figure: Any, axes: Any, name: str) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(FOLDER / f"{name}.png", dpi=DOTS_PER_INCH, metadata={"Software": ""})
    plt.close(figure)
