"""Numbers as people read them in a terminal; what isn't known is a dash or said to be unknown, never 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from harness.analysis.pass_k import Estimate
from harness.analysis.summary import Rate

UNKNOWN = "–"
_MOST_NAMES = 5


def number(value: float | None, digits: int) -> str:
    """So many digits after the point."""
    return UNKNOWN if value is None else f"{value:.{digits}f}"


def percent(value: float | None) -> str:
    """A share as 12.3%."""
    return UNKNOWN if value is None else f"{value:.1%}"


def interval(value: float | None, ends: tuple[float, float]) -> str:
    """The interval of a share; none where the share itself is unknown."""
    return UNKNOWN if value is None else f"{ends[0]:.1%} – {ends[1]:.1%}"


def points(value: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return f"{value * 100:+.1f}"


def p_value(value: float) -> str:
    """A p-value, never as 0."""
    return f"{value:.3f}" if value >= 0.0005 else "<0.001"


def dollars(value: float | None) -> str:
    """US dollars."""
    return "unknown" if value is None else f"${value:.4f}"


def fraction(rate: Rate) -> str:
    """A rate with what it was counted from."""
    return "none" if rate.rate is None else f"{rate.passed} of {rate.decided} ({rate.rate:.1%})"


def estimate(found: Estimate | None) -> str:
    """A proportion and its interval, in percent."""
    if found is None:
        return UNKNOWN
    low, high = found.interval
    return f"{found.value:.1%} ({low * 100:.0f}–{high * 100:.0f})"


def counts(found: Mapping[str, int]) -> str:
    """Names with how often."""
    return ", ".join(f"{name} {count}" for name, count in found.items())


def some(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
