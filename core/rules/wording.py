"""Small turns of phrase that the rules' sentences share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

_SMALL_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
# Not strftime("%B"): that follows the server's locale, and the sentences are English.
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


def listed(items: Iterable[str], last: str = "and") -> str:
    """Join as people do: "a", "a and b", "a, b and c"; `last` may be "or"."""
    words = tuple(items)
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def mentions(handles: Sequence[str], last: str = "and") -> str:
    """Join handles with their @: "@boots, @hat and @ada"."""
    return listed((f"@{handle}" for handle in handles), last)


def number(count: int) -> str:
    """Spell small numbers: "two", but "12"."""
    return _SMALL_NUMBERS[count] if 0 <= count < len(_SMALL_NUMBERS) else str(count)


def counted(count: int, noun: str) -> str:
    """Count in digits with a regular plural: "1 credit", "4 credits"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def about_minutes(minutes: float) -> str:
    """Round a duration to what people say: "less than a minute", "about 3 minutes"."""
    if minutes < 1:
        return "less than a minute"
    whole = round(minutes)
    return "about a minute" if whole == 1 else f"about {whole} minutes"


def day_of(day: date, today: date | None = None) -> str:
    """Write a date as "3 May"; with the year when `today` is given and lies in another one."""
    text = f"{day.day} {_MONTHS[day.month - 1]}"
    return text if today is None or today.year == day.year else f"{text} {day.year}"


def one_line(text: str) -> str:
    """Put a text on one line: runs of white space become one blank, control characters go."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
