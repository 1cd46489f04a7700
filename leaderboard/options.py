"""Which options of a stranger's run are taken over when its records are played again.

An option may name a server, a container's image or files of this machine, or ask for hours and gigabytes. So only those
that shape the tasks count, within bounds.
"""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import JsonValue

from harness.core.suite import Suite
from leaderboard.findings import Finding, Kind
from leaderboard.submission import MANIFEST

_SHAPING = frozenset(
    {"engine", "rules", "patience", "comparison", "descriptions", "apis", "missing", "steps", "protocol"}
)
_MOST = {
    "timeout_s": 60.0,
    "memory_mb": 1024.0,
    "table_rows": 10_000_000.0,
    "shown_rows": 10_000.0,
    "shown_characters": 1_000_000.0,
    "submitted_rows": 1_000_000.0,
}
_ELSEWHERE = frozenset({"dsn"})
"""Says where a world is, not what it is: our own place will do."""
_FILES = frozenset({"device", "definitions", "agent_data", "user_data", "database", "domain"})


def taken_over(suite: Suite) -> Suite:
    """The suite with the options that are played here."""
    select = tuple(
        one.model_copy(
            update={"options": {name: value for name, value in one.options.items() if name not in _ELSEWHERE}}
        )
        for one in suite.select
    )
    return suite.model_copy(update={"select": select})


def refused_options(suite: Suite) -> Iterator[Finding]:
    """Options that no run can have set, or that ask for too much."""
    for pack, name, value in _given(suite):
        if name in _MOST:
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _MOST[name]:
                message = f"option {name} of pack {pack!r} is {value}; no more than {_MOST[name]:g} is played here"
                yield Finding(kind=Kind.SUITE, where=MANIFEST, message=message)
        elif name not in _SHAPING | _ELSEWHERE | _FILES:
            message = f"pack {pack!r} has no option {name!r} that a run may set"
            yield Finding(kind=Kind.SUITE, where=MANIFEST, message=message)


def foreign_files(suite: Suite) -> list[str]:
    """Options that name files or databases of the submitter's, with which nothing can be played here."""
    return [
        f"option {name!r} of pack {pack!r} names what only they have"
        for pack, name, _ in _given(suite)
        if name in _FILES
    ]


def _given(suite: Suite) -> Iterator[tuple[str, str, JsonValue]]:
    """Options that the run has laid over its packs', by pack."""
    for one in suite.select:
        for name, value in one.options.items():
            yield one.pack, name, value
