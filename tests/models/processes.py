"""Processes as the kernel lists them: who is there, and whose they are."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path


def family(root: int, word: str) -> list[int]:
    """The living descendants of a process whose command line has a word."""
    parents: dict[int, int] = {}
    commands: dict[int, str] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            status = dict(
                line.split(":\t", 1) for line in (folder / "status").read_text().splitlines() if ":\t" in line
            )
            if status["State"].startswith("Z"):
                continue
            parents[int(folder.name)] = int(status["PPid"])
            commands[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except (OSError, KeyError):
            continue

    def below(pid: int) -> bool:
        while pid in parents:
            pid = parents[pid]
            if pid == root:
                return True
        return False

    return sorted(pid for pid, command in commands.items() if word in command and below(pid))


def gone(pids: Sequence[int], seconds: float = 30) -> bool:
    """Whether all of them end within so long."""
    return wait_until(lambda: not any(_alive(pid) for pid in pids), seconds)


def wait_until(holds: Callable[[], bool], seconds: float = 30) -> bool:
    """Whether it comes true within so long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.1)
    return holds()


def _alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in (Path("/proc") / str(pid) / "status").read_text()
    except OSError:
        return False
