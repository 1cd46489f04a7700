"""A reader that has enough (`bench … | head -1`) ends nothing early, hangs nothing and sees no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LONG_ENOUGH = 60
"""Seconds after which a command counts as hung; each takes about one."""


def unread(folder: Path, *arguments: str, lines: int, errors_too: bool = False) -> tuple[int, list[str], str]:
    """Runs `bench` into a pipe of which someone reads so many lines and closes it; its exit code, those lines,
    and what it printed to a stderr that stays open."""
    reading, writing = os.pipe()
    with (folder / "stderr").open("w+") as errors:
        child = subprocess.Popen(
            [sys.executable, "-m", "harness", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
            stdout=writing,
            stderr=writing if errors_too else errors,
        )
        os.close(writing)
        with os.fdopen(reading) as pipe:
            seen = [pipe.readline() for _ in range(lines)]
        try:
            code = child.wait(timeout=LONG_ENOUGH)
        finally:
            child.kill()
        errors.seek(0)
        return code, seen, errors.read()


def finished(run: Path) -> int:
    return sum(len(path.read_text().splitlines()) for path in (run / "attempts").glob("*.jsonl"))


@pytest.mark.parametrize("errors_too", [False, True])
@pytest.mark.parametrize("lines", [0, 1])
def test_a_run_that_nobody_reads_is_played_to_its_end(tmp_path: Path, lines: int, errors_too: bool) -> None:
    options = ("--agent", "oracle", "--suite", "telecom-desk:lite", "--trials", "5", "--out", "r")
    code, seen, errors = unread(tmp_path, "run", *options, lines=lines, errors_too=errors_too)
    assert all(seen)
    assert finished(tmp_path / "r") == 50
    assert "Traceback" not in errors
    # Reading stops at any moment: what click prints after rich may be the first to notice.
    assert code in ((0, 1) if lines or errors_too else (0,))


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "r"),
        ("show", "r", "--json"),
        ("show", "r", "--episodes"),
        ("show", "r", "--episodes", "--json"),
        ("show", "r", "--by", "tags"),
        ("show", "r", "sim-locked"),
        ("ablation", "r", "s"),
    ],
    ids=" ".join,
)
def test_reading_commands_end_quietly_when_their_reader_does(bench, tmp_path, arguments) -> None:
    suite = ("--agent", "oracle", "--suite", "telecom-desk")
    assert bench("run", *suite, "--out", "r", "--trials", "3").returncode == 0
    if arguments[0] == "ablation":
        assert bench("run", *suite, "--out", "s", "--mode", "oracle-plan").returncode == 0
    for lines in (0, 1):
        _, seen, errors = unread(tmp_path, *arguments, lines=lines)
        assert all(seen)
        assert errors == ""


def test_a_reader_that_reads_all_gets_the_exit_code_of_the_command(tmp_path: Path) -> None:
    code, seen, errors = unread(tmp_path, "show", "nothing", lines=1)
    assert (code, seen) == (2, [""])
    assert "not a run directory" in errors
