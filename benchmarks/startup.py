"""What `bench --help` costs beside a bare interpreter: wall time and peak memory, both in this run.

    python benchmarks/startup.py [--rounds N]

Prints the medians and their ratio. Target: at most 0.25 s on a quiet machine.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import time
from pathlib import Path


def measure(command: list[str]) -> tuple[float, float]:
    """Wall seconds and peak resident MiB of one run of `command`."""
    with Path(os.devnull).open("wb") as devnull:
        started = time.perf_counter()
        actions = [(os.POSIX_SPAWN_DUP2, devnull.fileno(), 1), (os.POSIX_SPAWN_DUP2, devnull.fileno(), 2)]
        child = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
        _, status, usage = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with status {status}")
    return time.perf_counter() - started, usage.ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="runs of each command, interleaved")
    rounds = parser.parse_args().rounds
    beside = Path(sys.executable).with_name("bench")
    bench = str(beside) if beside.exists() else shutil.which("bench")
    if bench is None:
        raise SystemExit("`bench` is not installed in this environment: pip install -e .")
    commands = {"python -c pass": [sys.executable, "-c", "pass"], "bench --help": [bench, "--help"]}
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for _ in range(rounds + 1):
        for name, command in commands.items():
            seen[name].append(measure(command))
    medians = {}
    for name, runs in seen.items():
        warm = runs[1:]
        medians[name] = [statistics.median(column) for column in zip(*warm, strict=True)]
        print(
            f"{name:<16} {medians[name][0] * 1000:7.1f} ms (min {min(warm)[0] * 1000:.1f})  {medians[name][1]:6.1f} MiB"
        )
    (bare_s, bare_mib), (ours_s, ours_mib) = medians.values()
    print(f"ratio            {ours_s / bare_s:7.1f} ×             {ours_mib / bare_mib:6.1f} ×")
    print(f"target           {'met' if ours_s <= 0.25 else 'missed'}: {ours_s:.3f} s of 0.25 s")


if __name__ == "__main__":
    main()
