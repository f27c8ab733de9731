"""docs/performance.md says what the result files say, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.page import NOT_MEASURED, PAGE, RESULTS, filled

TEXT = "before\n<!-- figures: serving* -->\nold\n<!-- /figures -->\nafter\n"
RESULT = {
    "benchmark": "pictures during a training",
    "half of capacity": {"p95": {"median": 12.5, "least": 11.0, "most": 14.0}, "pictures": 160},
    "machine": {"cpu": "a processor", "cores": 2},
    "load_average_1_5_15_minutes": [0.5, 0.4, 0.3],
    "date": "2026-11-21 19:00 UTC",
}


def test_the_page_is_up_to_date() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert filled(text, RESULTS) == text, "run `python -m benchmarks plots`"


def test_a_figure_is_shown_with_its_spread_and_its_circumstances(tmp_path: Path) -> None:
    (tmp_path / "serving.json").write_text(json.dumps(RESULT), encoding="utf-8")
    page = filled(TEXT, tmp_path)
    assert "| half of capacity: p95 | **12.5** (11 to 14) |" in page
    assert "| half of capacity: pictures | 160 |" in page
    for told in (
        "<code>python -m benchmarks serving</code>",
        "a processor, 2 cores",
        "load 0.5",
        "2026-11-21 19:00 UTC",
    ):
        assert told in page
    assert "old" not in page
    assert page.startswith("before") and page.endswith("after\n")


def test_what_was_not_measured_is_said(tmp_path: Path) -> None:
    assert NOT_MEASURED in filled(TEXT, tmp_path)


def test_small_versions_of_large_models_are_no_figures(tmp_path: Path) -> None:
    (tmp_path / "serving-small.json").write_text(json.dumps(RESULT), encoding="utf-8")
    assert NOT_MEASURED in filled(TEXT, tmp_path)
