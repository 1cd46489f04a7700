"""Runs a command for as long as standard input is open: `python keeper.py GRACE COMMAND …`.

Whoever starts a keeper holds the other end of that pipe, so the command ends with them, SIGKILL included. It gets
SIGTERM first and SIGKILL after GRACE seconds; whatever it left behind is ended with it. If the keeper itself is killed,
the kernel ends the command.

Imports nothing of ours: it is run as a file, so that it costs little and works from anywhere.
"""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_PDEATHSIG, _SUBREAPER = 1, 36


def main() -> int:
    """Run the command; returns its exit code."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc is not None:
        # What the command's processes leave behind becomes ours, so that it can be found and ended.
        libc.prctl(_SUBREAPER, 1)

    def before_exec() -> None:
        if libc is not None:
            libc.prctl(_PDEATHSIG, signal.SIGKILL)

    command = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=before_exec)
    signal.signal(signal.SIGTERM, lambda *_: _aside(_end, command))
    _aside(_end_with_input, command)
    code = command.wait()
    _sweep(command.pid)
    return code if code >= 0 else 128 - code


def _aside(do: Callable[[subprocess.Popen[bytes]], None], command: subprocess.Popen[bytes]) -> None:
    threading.Thread(target=do, args=(command,), daemon=True).start()


def _end_with_input(command: subprocess.Popen[bytes]) -> None:
    while os.read(0, 4096):
        pass
    _end(command)


def _end(command: subprocess.Popen[bytes]) -> None:
    _signal(command.pid, signal.SIGTERM)
    deadline = time.monotonic() + float(sys.argv[1])
    while command.returncode is None and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal(command.pid, signal.SIGKILL)


def _signal(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _sweep(group: int) -> None:
    """End what is left of the command's group, and what has come to us as its orphans."""
    _signal(group, signal.SIGKILL)
    children = Path(f"/proc/self/task/{os.getpid()}/children")
    while children.exists() and (left := children.read_text().split()):
        for pid in map(int, left):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


if __name__ == "__main__":
    sys.exit(main())
