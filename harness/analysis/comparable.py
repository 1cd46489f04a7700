"""Whether two runs may be compared: suite hash, simulator, judge and harness major must agree."""

from __future__ import annotations

from harness.core.identity import canonical
from harness.core.run import RunManifest, SeatIdentity


def differences(a: RunManifest, b: RunManifest) -> list[str]:
    """What keeps two runs from being compared, a clause each; empty where nothing does."""
    aspects = (
        ("suite", a.suite_hash[:19], b.suite_hash[:19]),
        ("simulator", described(a.simulator), described(b.simulator)),
        ("judge", described(a.judge), described(b.judge)),
        ("harness", major(a.harness), major(b.harness)),
    )
    return [f"{name} ({one or 'none'} and {other or 'none'})" for name, one, other in aspects if one != other]


def described(seat: SeatIdentity | None) -> str:
    """Who sits there, with all that shapes what they say; nobody is empty."""
    if seat is None:
        return ""
    options = (f"{name}={canonical(value)}" for name, value in sorted(seat.options.items()))
    return " ".join((seat.name, *([] if seat.model is None else [seat.model]), *options))


def major(version: str) -> str:
    """What must agree of a version: before 1.0 a minor release may change anything."""
    parts = version.split(".")
    return ".".join(parts[:2]) if parts[0] == "0" else parts[0]
