"""Beside the embedded PostgreSQL server, as its owner: limits its backends, and stops it when nobody uses it any more.

`python -m environments.sql.postgres_guardian DATA PROGRAMS` reads lines on standard input, each a process and what it
may take, `PID BYTES_OF_MEMORY BYTES_OF_A_FILE`, and answers each with a line, `yes` or `no`. Not everybody who may
start a server as another user may limit its processes; the owner may. Standard input closes however the parent ends: if
no process that uses the server is left then, it is stopped.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path

_SETTLE_S = 1.0
"""A parent that ends in order stops the server itself; it gets the time for it."""


def main(data: Path, programs: Path) -> None:
    """Limit, wait, look, stop."""
    _become_owner(data)
    for line in sys.stdin:
        sys.stdout.write(_limit(line))
        sys.stdout.flush()
    time.sleep(_SETTLE_S)
    try:
        users = [int(pid) for pid in json.loads((data / ".handle_pids.json").read_text())]
    except (OSError, ValueError):
        return
    if any(Path(f"/proc/{pid}").exists() for pid in users) or not (data / "postmaster.pid").exists():
        return
    stop = [str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop"]
    subprocess.run(stop, check=False, cwd="/", timeout=60)


def _become_owner(data: Path) -> None:
    owner = (data / "PG_VERSION").stat()
    if os.geteuid() == 0 and owner.st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)


def _limit(line: str) -> str:
    """Only the soft limits: whoever needs more can still be given more."""
    try:
        pid, memory, file = map(int, line.split())
        for what, wanted in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, file)):
            _, most = resource.prlimit(pid, what)
            resource.prlimit(pid, what, (wanted, most))
    except (OSError, ValueError, AttributeError):
        return "no\n"
    return "yes\n"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
