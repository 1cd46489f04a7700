"""Charts as inline SVG: no script, no style, colours by class, and every number in a table beside them.

A chart is a value that a template draws (`chart.svg.j2`); coordinates are computed here and rounded, so that the same
input gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from leaderboard.standings import Board, Place

_WIDTH = 720
_LEAST, _MOST = 1e-9, 1e9
"""Dollars an episode that can be drawn."""
_ROW = 22
_LEFT = 230
_TOP = 28
_SHOWN = 40
"""Systems in the dot plot; the table has all."""
_LINES = 8
"""Systems in the decay plot."""
_NAME = 30


@dataclass(frozen=True, slots=True)
class Mark:
    """Something drawn: a line, a dot or a text."""

    kind: str
    """`line`, `dot`, `text` or `path`."""
    css: str
    x: float = 0.0
    y: float = 0.0
    x2: float = 0.0
    y2: float = 0.0
    text: str = ""
    anchor: str = "start"
    d: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A figure and its twin in a table."""

    id: str
    title: str
    description: str
    width: int
    height: int
    marks: tuple[Mark, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def dot_plot(board: Board) -> Chart:
    """Each system's score as pass^1 with its 95 % interval."""
    places = board.places[:_SHOWN]
    height = _TOP + _ROW * len(places) + 10
    marks, rows = _percent_axis(height), []
    for number, place in enumerate(places):
        y = _TOP + _ROW * number + _ROW / 2
        found = place.entry.measures.pass_k.at.get(1)
        name = place.entry.manifest.agent.name
        marks.append(Mark("text", "label", x=_LEFT - 10, y=y + 4, text=_short(name), anchor="end"))
        if found is None:
            rows.append((name, "–", "–"))
            continue
        low, high = found.interval
        marks.append(Mark("line", "range", x=_across(low), y=y, x2=_across(high), y2=y))
        marks.append(Mark("dot", "dot", x=_across(found.value), y=y))
        rows.append((name, percent(found.value), f"{percent(low)} – {percent(high)}"))
    return Chart(
        "dots",
        "Pass rate with 95 % interval",
        f"{len(places)} of {len(board.places)} systems, best first. A dot is the pass rate, a line its interval.",
        _WIDTH,
        height,
        tuple(marks),
        ("system", "pass^1", "95 % interval"),
        tuple(rows),
    )


def frontier(board: Board) -> Chart | None:
    """Score against cost: who is cheaper than everyone that is better. `None`: fewer than two can be drawn."""
    known = [
        place
        for place in board.places
        if place.entry.measures.score is not None and _LEAST <= (place.entry.measures.cost or 0.0) <= _MOST
    ]
    if len(known) < 2:
        return None
    costs = [place.entry.measures.cost or 0.0 for place in known]
    low, high = floor(log10(min(costs))), ceil(log10(max(costs)))
    high += high == low
    height = 320
    left, right, top, bottom = 60, _WIDTH - 20, 20, height - 40

    def at(cost: float, score: float) -> tuple[float, float]:
        across = left + (log10(cost) - low) / (high - low) * (right - left)
        return _round(across), _round(bottom - score * (bottom - top))

    marks: list[Mark] = []
    for power in range(low, high + 1):
        x, _ = at(10.0**power, 0)
        marks.append(Mark("line", "grid", x=x, y=top, x2=x, y2=bottom))
        marks.append(Mark("text", "tick", x=x, y=bottom + 16, text=f"${10.0**power:g}", anchor="middle"))
    for tenth in range(0, 11, 2):
        _, y = at(10.0**low, tenth / 10)
        marks.append(Mark("line", "grid", x=left, y=y, x2=right, y2=y))
        marks.append(Mark("text", "tick", x=left - 8, y=y + 4, text=f"{tenth * 10} %", anchor="end"))
    middle = (left + right) / 2
    marks.append(Mark("text", "tick", x=middle, y=height - 6, text="US dollars an episode", anchor="middle"))
    best = _undominated(known)
    line = [at(place.entry.measures.cost or 0.0, place.entry.measures.score or 0.0) for place in best]
    marks.append(Mark("path", "frontier", d="M" + " L".join(f"{x} {y}" for x, y in line)))
    for place in known:
        x, y = at(place.entry.measures.cost or 0.0, place.entry.measures.score or 0.0)
        marks.append(Mark("dot", "dot best" if place in best else "dot", x=x, y=y))
        marks.append(Mark("text", "label", x=x + 7, y=y - 5, text=str(place.rank)))
    rows = tuple(
        (
            str(place.rank),
            place.entry.manifest.agent.name,
            f"${place.entry.measures.cost or 0.0:.4g}",
            percent(place.entry.measures.score or 0.0),
            "yes" if place in best else "no",
        )
        for place in known
    )
    return Chart(
        "frontier",
        "Score against cost",
        f"{len(known)} systems that cost something, and whose prices are known, by rank. "
        "The line joins those that nobody beats in both.",
        _WIDTH,
        height,
        tuple(marks),
        ("rank", "system", "cost an episode", "score", "on the frontier"),
        rows,
    )


def decay(board: Board) -> Chart | None:
    """pass^k over k: what is left when a task must be solved every time. `None`: tasks have one trial."""
    trials = board.suite.definition.trials
    places = [place for place in board.places if len(place.entry.measures.pass_k.at) > 1][:_LINES]
    if trials < 2 or not places:
        return None
    height = 300
    left, right, top, bottom = 60, _WIDTH - 170, 20, height - 40

    def at(k: int, value: float) -> tuple[float, float]:
        return _round(left + (k - 1) / (trials - 1) * (right - left)), _round(bottom - value * (bottom - top))

    marks: list[Mark] = []
    for tenth in range(0, 11, 2):
        _, y = at(1, tenth / 10)
        marks.append(Mark("line", "grid", x=left, y=y, x2=right, y2=y))
        marks.append(Mark("text", "tick", x=left - 8, y=y + 4, text=f"{tenth * 10} %", anchor="end"))
    for k in range(1, trials + 1):
        x, _ = at(k, 0)
        marks.append(Mark("text", "tick", x=x, y=bottom + 16, text=f"k = {k}", anchor="middle"))
    rows = []
    for number, place in enumerate(places):
        values = {k: found.value for k, found in place.entry.measures.pass_k.at.items()}
        points = [at(k, value) for k, value in values.items()]
        css = f"series s{number}"
        marks.append(Mark("path", css, d="M" + " L".join(f"{x} {y}" for x, y in points)))
        x, y = points[-1]
        name = place.entry.manifest.agent.name
        marks.append(Mark("text", f"label t{number}", x=x + 8, y=y + 4, text=f"{place.rank} {_short(name, 20)}"))
        rows.append((name, *(percent(values[k]) if k in values else "–" for k in range(1, trials + 1))))
    return Chart(
        "decay",
        "pass^k: solved in every one of k trials",
        f"The first {len(places)} systems whose tasks have several trials.",
        _WIDTH,
        height,
        tuple(marks),
        ("system", *(f"k = {k}" for k in range(1, trials + 1))),
        tuple(rows),
    )


def percent(share: float) -> str:
    """A share for people."""
    return f"{share * 100:.1f} %"


def _percent_axis(height: int) -> list[Mark]:
    marks = []
    for tenth in range(0, 11, 2):
        x = _across(tenth / 10)
        marks.append(Mark("line", "grid", x=x, y=_TOP - 6, x2=x, y2=height - 8))
        marks.append(Mark("text", "tick", x=x, y=14, text=f"{tenth * 10} %", anchor="middle"))
    return marks


def _across(share: float) -> float:
    return _round(_LEFT + share * (_WIDTH - _LEFT - 30))


def _undominated(places: Sequence[Place]) -> list[Place]:
    """Those that nobody beats in score at the same cost or less, cheapest first."""
    ordered = sorted(places, key=lambda place: (place.entry.measures.cost or 0.0, -place.entry.score))
    best: list[Place] = []
    for place in ordered:
        if not best or place.entry.score > best[-1].entry.score:
            best.append(place)
    return best


def _short(name: str, most: int = _NAME) -> str:
    return name if len(name) <= most else name[: most - 1] + "…"


def _round(value: float) -> float:
    return round(value, 1)
