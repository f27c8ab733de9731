"""Turns of phrase that many sentences share."""

from __future__ import annotations

from datetime import date

import pytest

from core.rules.wording import about_minutes, counted, day_of, listed, number, one_line


def test_lists_read_as_people_write_them() -> None:
    assert [listed(["a", "b", "c"][:n]) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert listed(["a", "b"], "or") == "a or b"


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        (0.2, "less than a minute"),
        (1.2, "about a minute"),
        (3.2, "about 3 minutes"),
        (89, "about 89 minutes"),
    ],
)
def test_times_are_rounded(minutes: float, said: str) -> None:
    assert about_minutes(minutes) == said


def test_a_year_is_written_only_when_it_is_another_one() -> None:
    assert day_of(date(2026, 5, 3)) == "3 May"
    assert day_of(date(2026, 5, 3), today=date(2026, 12, 1)) == "3 May"
    assert day_of(date(2025, 5, 3), today=date(2026, 1, 1)) == "3 May 2025"


def test_numbers_and_counts() -> None:
    assert (number(2), number(12)) == ("two", "12")
    assert (counted(1, "credit"), counted(4, "credit")) == ("1 credit", "4 credits")


def test_a_text_is_put_on_one_line() -> None:
    assert one_line(" a\t b\r\n\x00c ") == "a b c"
