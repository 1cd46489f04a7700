"""The examples in README and docs do what they say."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
import time
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


SOLVES = ("--suite", "shortcuts-daily", "--task", "dim-the-screen", "--out", "r")


@pytest.mark.parametrize("door", ["stdio", "mcp"])
def test_the_example_command_of_a_door_solves_its_task(bench: Bench, tmp_path: Path, door: str) -> None:
    (tmp_path / "agent.py").write_text(blocks("docs/agents.md", f"python {door}")[0])
    done = bench("run", "--agent", f"{door}:{sys.executable} agent.py", *SOLVES)
    assert (done.returncode, "100.0%" in done.stdout) == (0, True), done.stdout + done.stderr


@pytest.mark.parametrize(("door", "port"), [("http", 8000), ("a2a", 8001)])
def test_the_example_server_of_a_door_solves_its_task(bench: Bench, tmp_path: Path, door: str, port: int) -> None:
    code = blocks("docs/agents.md", f"python {door}")[0]
    with socket.create_server(("127.0.0.1", 0)) as probe:
        free = probe.getsockname()[1]
    assert str(port) in code
    (tmp_path / "agent.py").write_text(code.replace(str(port), str(free)))
    with subprocess.Popen([sys.executable, str(tmp_path / "agent.py")], stderr=subprocess.DEVNULL) as server:
        try:
            wait_for(free)
            done = bench("run", "--agent", f"{door}:http://127.0.0.1:{free}", *SOLVES)
        finally:
            server.kill()
    assert (done.returncode, "100.0%" in done.stdout) == (0, True), done.stdout + done.stderr


def wait_for(port: int) -> None:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("the server of the example didn't come up")


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
