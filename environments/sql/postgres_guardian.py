"""Stops the embedded PostgreSQL server when the harness that shares it was killed before it could.

`python -m environments.sql.postgres_guardian DATA PROGRAMS` waits until its standard input closes, which happens
however its parent ends. If no process that uses the server is left then, it is stopped.
"""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
import time
from pathlib import Path

_SETTLE_S = 1.0
"""A parent that ends in order stops the server itself; it gets the time for it."""


def main(data: Path, programs: Path) -> None:
    """Wait, look, stop."""
    sys.stdin.buffer.read()
    time.sleep(_SETTLE_S)
    try:
        users = [int(pid) for pid in json.loads((data / ".handle_pids.json").read_text())]
        owner = pwd.getpwuid((data / "PG_VERSION").stat().st_uid).pw_name
    except (OSError, ValueError, KeyError):
        return
    if any(Path(f"/proc/{pid}").exists() for pid in users) or not (data / "postmaster.pid").exists():
        return
    stop = [str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop"]
    subprocess.run(stop, check=False, user=owner if os.geteuid() == 0 else None, cwd="/", timeout=60)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
