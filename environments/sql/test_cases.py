"""A pack's Python test cases (BIRD-INTERACT's Management tasks), each task's in a child process with limits.

The child (`test_process`) has a copy of the database of its own, on which the episode's scripts were run, no network,
no environment variables, an empty folder to work in, and limits on time, memory and what it may write. Packs are data
that somebody else wrote: their code never runs in the harness.
"""

from __future__ import annotations

import json
import os
import pickle
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from harness.core.errors import EnvironmentFault

Kind = Literal["duckdb", "sqlite", "postgres"]
BEGUN = b"begun\n"
"""What the child says before the first test."""
_START_S = 20.0
"""Seconds until then, beside the tests' own: a busy machine starts an interpreter slowly."""
_SHOWN = 400


@dataclass(frozen=True, slots=True)
class TestCase:
    """What is to be judged, and by what."""

    __test__ = False  # pytest would collect it by its name

    code: tuple[str, ...]
    """Each defines `test_case(pred_sqls, sol_sqls, db_name, conn)`."""
    predicted: str
    reference: str
    result: tuple[tuple[object, ...], ...]
    """Rows that the prediction returned when it was run."""
    again: bool
    """Whether a test that runs the prediction runs it anew, as upstream does; else it gets `result`."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A database that a test may do with what it likes."""

    kind: Kind
    name: str
    address: str
    """A file to copy, or the DSN of a database that is there for this test alone."""
    scripts: tuple[str, ...] = ()
    """To be run on it first."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the child reads."""

    copy: Copy
    case: TestCase
    seconds: float
    memory_mb: int


def run_test_case(copy: Copy, case: TestCase, *, seconds: float, memory_mb: int) -> str:
    """Why the prediction fails its tests; empty where it passes all of them.

    Args:
        copy: the database.
        case: the tests.
        seconds: wall-clock time of one statement; all tests together get as much for each of them, and twice over.
        memory_mb: of the child, in MiB.

    Raises:
        EnvironmentFault: the child can't be started.
    """
    allowed = 2 * seconds * (1 + len(case.code))
    with tempfile.TemporaryDirectory(prefix="parley-test-", ignore_cleanup_errors=True) as home:
        environment = {"PYTHONPATH": os.pathsep.join(path or os.curdir for path in map(_absolute, sys.path))}
        try:
            child = subprocess.Popen(
                [sys.executable, "-P", "-m", "environments.sql.test_process"],
                cwd=home,
                env={**environment, "PYTHONUTF8": "1", "TZ": "UTC", "HOME": home},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                bufsize=0,  # What isn't asked for yet must stay in the pipe.
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            raise EnvironmentFault(f"no process for test cases can be started: {error}") from None
        try:
            told = _told(child, Job(copy, case, seconds, memory_mb), allowed)
        except subprocess.TimeoutExpired:
            return f"the tests were stopped after {allowed:g} s"
        finally:
            _end(child)
    return _reason(told, child.returncode)


def _told(child: subprocess.Popen[bytes], job: Job, allowed: float) -> bytes:
    """What the child says; its time begins when it has made the database."""
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(BrokenPipeError):
        child.stdin.write(pickle.dumps(job))
        child.stdin.close()
    child.stdin = None
    ready, _, _ = select.select([child.stdout], [], [], _START_S + allowed)
    if ready and child.stdout.read(len(BEGUN)) == BEGUN:
        told, _ = child.communicate(timeout=allowed)
        return told
    return b""


def _reason(told: bytes, code: int) -> str:
    try:
        answer = json.loads(told)
    except (ValueError, RecursionError):
        return f"the tests ended their process (code {code})"
    reason = answer.get("reason") if isinstance(answer, dict) else None
    if not isinstance(reason, str):
        return "the tests said nothing that can be read"
    return reason if len(reason) <= _SHOWN else f"{reason[: _SHOWN - 1]}…"


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.communicate()


def _absolute(path: str) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - an entry of sys.path may be empty or a zip file


def statements(sql: str, kind: Kind) -> Sequence[str]:
    """A script's statements, cut where a semicolon is one (and not a part of a text or a function's body)."""
    from sqlglot import Dialect, TokenType
    from sqlglot.errors import TokenError

    try:
        tokens = Dialect.get_or_raise(kind).tokenize(sql)
    except TokenError:
        return [sql]
    ends, depth = [], 0
    for token, after in zip(tokens, [*tokens[1:], None], strict=False):
        match token.token_type:
            case TokenType.BEGIN if after is not None and after.text.lower() == "atomic":
                depth = 1  # A body of a function in standard SQL.
            case TokenType.CASE if depth:
                depth += 1
            case TokenType.END if depth:
                depth -= 1
            case TokenType.SEMICOLON if not depth:
                ends.append(token.start)
    parts = [
        sql[start:end].strip() for start, end in zip([0, *(end + 1 for end in ends)], [*ends, len(sql)], strict=True)
    ]
    return [part for part in parts if part]
