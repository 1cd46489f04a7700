"""The interaction scaling curve as one SVG file, drawn here: no fonts, scripts or links to the outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from harness.analysis.scaling import Mean, Scaling

_WIDTH, _HEIGHT = 640, 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 20, 50, 60
_CURVES = (("phase 1", "#1b6ca8"), ("phase 2", "#b5651d"), ("reward", "#2e7d32"))
_STEPS = 5
_APART = 4.0
"""Pixels by which the curves' intervals stand beside each other."""


def draw(scaling: Scaling) -> str:
    """The curves of phase 1, phase 2 and reward over patience, with their intervals."""
    patiences = [point.patience for point in scaling.points]
    curves = (
        [point.phase_1 for point in scaling.points],
        [point.phase_2 for point in scaling.points],
        [point.reward for point in scaling.points],
    )
    agent = scaling.agent + (f" ({scaling.model})" if scaling.model else "")
    title = f"{agent} on {scaling.suite}, {scaling.mode.value}, user {scaling.simulator}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
        f'height="{_HEIGHT}" font-family="sans-serif" font-size="12" role="img">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="20" font-size="14">{escape(title)}</text>',
        *_axes(patiences),
    ]
    for number, ((name, colour), means) in enumerate(zip(_CURVES, curves, strict=True)):
        parts += _curve(patiences, means, colour, shift=(number - 1) * _APART)
        x = _LEFT + number * 110
        parts.append(f'<rect x="{x}" y="30" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{x + 15}" y="39">{name}</text>')
    return "\n".join([*parts, "</svg>", ""])


def _axes(patiences: Sequence[int]) -> Iterator[str]:
    for step in range(_STEPS + 1):
        share = step / _STEPS
        y = _y(share)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{share:.0%}</text>'
    for patience in patiences:
        x = _x(patience, patiences)
        yield f'<text x="{x:.1f}" y="{_HEIGHT - _BOTTOM + 20}" text-anchor="middle">{patience}</text>'
    middle = (_LEFT + _WIDTH - _RIGHT) / 2
    yield f'<text x="{middle:.1f}" y="{_HEIGHT - 15}" text-anchor="middle">patience of the user</text>'


def _curve(patiences: Sequence[int], means: Sequence[Mean], colour: str, *, shift: float) -> Iterator[str]:
    known = [
        (_x(patience, patiences) + shift, mean.value, mean.interval)
        for patience, mean in zip(patiences, means, strict=True)
        if mean.value is not None
    ]
    line = " ".join(f"{x:.1f},{_y(value):.1f}" for x, value, _ in known)
    yield f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for x, value, (low, high) in known:
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_y(low):.1f}" y2="{_y(high):.1f}" stroke="{colour}"/>'
        yield f'<circle cx="{x:.1f}" cy="{_y(value):.1f}" r="3.5" fill="{colour}"/>'


def _x(patience: int, patiences: Sequence[int]) -> float:
    inner = _WIDTH - _LEFT - _RIGHT - 40
    low, high = min(patiences), max(patiences)
    return _LEFT + 20 + (inner * (patience - low) / (high - low) if high > low else inner / 2)


def _y(share: float) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - share)
