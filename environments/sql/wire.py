"""What the harness and a worker say to each other, and how it becomes bytes.

A worker runs what agents write, so its answers are unpickled with an allow-list: values of the types that a
`Rows` may hold, and nothing that could act.
"""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from typing import Literal

from environments.sql.engine import Rows
from harness.core.message import ToolErrorKind

Kind = Literal["duckdb", "sqlite"]


@dataclass(frozen=True, slots=True)
class Source:
    """A database's file, as it was when the engine was made."""

    name: str
    path: str
    size: int
    modified_ns: int


@dataclass(frozen=True, slots=True)
class Open:
    """Forget the present database and open a copy of this one."""

    source: Source


@dataclass(frozen=True, slots=True)
class Run:
    """See `Database.run`."""

    sql: str
    keep: bool
    max_rows: int


@dataclass(frozen=True, slots=True)
class Schema:
    """See `Database.schema`."""

    views: bool
    """Whether views may be read; false once one of them was too much."""


@dataclass(frozen=True, slots=True)
class Digest:
    """See `Database.digest`."""

    views: bool
    """As in `Schema`."""


Request = Open | Run | Schema | Digest


@dataclass(frozen=True, slots=True)
class Answer:
    """It went well."""

    value: Rows | str


@dataclass(frozen=True, slots=True)
class Failure:
    """It did not; nothing took effect."""

    message: str
    kind: ToolErrorKind | None
    """None: the database is at fault and not the SQL."""
    spent: bool = False
    """The worker has met its memory's limit and should be replaced."""


Reply = Answer | Failure

_ALLOWED = frozenset(
    {
        ("environments.sql.engine", "Rows"),
        ("environments.sql.wire", "Answer"),
        ("environments.sql.wire", "Failure"),
        ("harness.core.message", "ToolErrorKind"),
        ("datetime", "date"),
        ("datetime", "datetime"),
        ("datetime", "time"),
        ("datetime", "timedelta"),
        ("decimal", "Decimal"),
        ("uuid", "UUID"),
    }
)


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> object:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"a worker's answer holds a {module}.{name}")
        return super().find_class(module, name)


def encode(message: Request | Reply) -> bytes:
    """A message as bytes."""
    return pickle.dumps(message, pickle.HIGHEST_PROTOCOL)


def decode_reply(data: bytes) -> Reply:
    """A worker's answer.

    Raises:
        pickle.UnpicklingError: it is none.
    """
    reply = _Reader(io.BytesIO(data)).load()
    if not isinstance(reply, Answer | Failure):
        raise pickle.UnpicklingError("a worker's answer is no answer")
    return reply
