"""psycopg for test cases that were written for psycopg2, as far as they differ where upstream's tests look.

After a text of several statements psycopg2's cursor shows what the last one returned, psycopg's the first; and tests
name the exceptions by their module.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import Any, Self

import psycopg
import psycopg.errors


class _Cursor(psycopg.Cursor[Any]):
    def execute(self, *arguments: Any, **keywords: Any) -> Self:
        """Run it, and go on to the last result."""
        super().execute(*arguments, **keywords)
        while self.nextset():
            pass
        return self


def connect(dsn: str) -> psycopg.Connection[Any]:
    """A connection for a test."""
    if find_spec("psycopg2") is None:
        sys.modules["psycopg2"] = psycopg
        sys.modules["psycopg2.errors"] = psycopg.errors
    return psycopg.connect(dsn, cursor_factory=_Cursor)
