"""What psycopg makes of PostgreSQL's values where its own way is no use to whoever looks at a result.

A row in a column is the server's text, as psql shows it; so are dates and moments that Python has no number for
(`infinity`, years before Christ), which would fail the whole result.
"""

from __future__ import annotations

from datetime import date, datetime

import psycopg
from psycopg.abc import Buffer
from psycopg.types.datetime import DateLoader, TimestampLoader, TimestamptzLoader
from psycopg.types.string import TextLoader


def register(connection: psycopg.Connection) -> None:
    """Use these for all results of the connection."""
    connection.adapters.register_loader("record", TextLoader)
    connection.adapters.register_loader("date", _Date)
    connection.adapters.register_loader("timestamp", _Moment)
    connection.adapters.register_loader("timestamptz", _ZonedMoment)


class _Date(DateLoader):
    def load(self, data: Buffer) -> date | str:  # type: ignore[override]
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


class _Moment(TimestampLoader):
    def load(self, data: Buffer) -> datetime | str:  # type: ignore[override]
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()


class _ZonedMoment(TimestamptzLoader):
    def load(self, data: Buffer) -> datetime | str:  # type: ignore[override]
        try:
            return super().load(data)
        except psycopg.DataError:
            return bytes(data).decode()
