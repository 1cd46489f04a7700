"""The examples in README and docs do what they say."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Bench = Callable[..., subprocess.CompletedProcess[str]]
ROOT = Path(__file__).parents[2]


def blocks(file: str, language: str) -> list[str]:
    found: list[str] = re.findall(rf"```{language}\n(.*?)```", (ROOT / file).read_text(), flags=re.S)
    assert found, f"{file} has no {language} block"
    return found


@pytest.mark.parametrize("file", ["README.md", "docs/agents.md"])
def test_the_example_agents_play_to_defined_ends(bench: Bench, tmp_path: Path, file: str) -> None:
    (tmp_path / "mine.py").write_text(blocks(file, "python")[0])
    done = bench("run", "--agent", "mine:Agent", "--suite", "lite", "--out", "r", "--max-turns", "4")
    assert done.returncode == 0, done.stderr
    assert "agent_error" not in done.stdout


def test_the_example_suite_and_task_are_valid(bench: Bench, tmp_path: Path) -> None:
    task, suite = blocks("docs/packs.md", "toml")
    (tmp_path / "mine.toml").write_text(suite)
    done = bench("run", "--agent", "oracle", "--suite", "mine.toml", "--out", "r")
    assert (done.returncode, "44" in done.stdout) == (0, True)
    bench("pack", "new", "mine")
    (tmp_path / "mine" / "tasks" / "first.toml").write_text(task)
    assert bench("pack", "check", "mine").returncode == 0


def test_every_linked_file_exists() -> None:
    for page in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_a_run_loads_as_a_table(bench: Bench, tmp_path: Path) -> None:
    import harness

    bench("run", "--agent", "oracle", "--suite", "telecom-desk:lite", "--out", "r", "--trials", "2")
    table = harness.load(tmp_path / "r")
    assert len(table) == 20
    assert table["reward"].mean() == 1.0
    assert set(table["trial"]) == {0, 1}
