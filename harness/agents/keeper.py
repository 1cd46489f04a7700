"""The process between the harness and an agent's command: it sees to it that nothing of the command outlives it.

Run as `python -I -S keeper.py CONTROL COMMAND...`, standard library only. The command gets this process's standard
streams and a process group of its own. It ends, with all that it started, when the pipe CONTROL (a file descriptor
whose other end the harness holds) is closed: on purpose, or because the harness was killed. On Linux whoever left the
group is found too, as this process adopts orphans. The exit code is the command's, or 128 and the number of its signal.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from contextlib import suppress

_SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER of Linux's prctl."""
_TERM_S = 1.0
"""Seconds between asking the command to go and killing it."""
_NO_COMMAND = 127
_DEFAULTS = (signal.SIGPIPE, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that the command gets as every program does, whatever this process does with them."""


def main() -> int:
    """Run the command to its end, or to the end of the harness."""
    control, command = int(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(control, False)
    _adopt_orphans()
    woken, wakes = os.pipe()
    for end in (woken, wakes):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: asked.append(received))
    try:
        child = os.posix_spawnp(command[0], command, os.environ, setpgroup=0, setsigdef=_DEFAULTS)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
        return _NO_COMMAND
    _let_streams_go()
    return _watch(child, control, woken, asked)


def _watch(child: int, control: int, woken: int, asked: list[int]) -> int:
    """Wait for the command's end, or the harness's, or to be asked to end; then end what is left."""
    until: float | None = None
    code: int | None = None
    while code is None:
        left = None if until is None else max(0.0, until - time.monotonic())
        ready, _, _ = select.select([woken] if until else [control, woken], [], [], left)
        if woken in ready:
            with suppress(BlockingIOError):
                os.read(woken, 4096)
        code = _reap(child)
        if until is None and (control in ready or asked):
            until = time.monotonic() + _TERM_S
            _signal(child, signal.SIGTERM)
        elif until is not None and not ready:
            break
    code = _end_all(child) if code is None else _end_all(child, code)
    return code if code >= 0 else 128 - code


def _reap(child: int) -> int | None:
    """The command's exit code, if it has one by now; adopted orphans that ended are buried too."""
    code = None
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
    return code


def _end_all(child: int, code: int = -signal.SIGKILL) -> int:
    """Kill the group and every descendant until there is none; returns the command's exit code."""
    with suppress(ChildProcessError):
        while True:
            _signal(child, signal.SIGKILL)
            for pid in _children():
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
            pid, status = os.waitpid(-1, 0)
            if pid == child:
                code = os.waitstatus_to_exitcode(status)
    return code


def _signal(group: int, number: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _children() -> list[int]:
    """This process's children as Linux lists them; none elsewhere."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as listed:  # noqa: PTH123 - starts sooner
            return [int(pid) for pid in listed.read().split()]
    except OSError:
        return []


def _adopt_orphans() -> None:
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def _let_streams_go() -> None:
    """The command alone holds its streams, so that their end is its end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)


if __name__ == "__main__":
    os._exit(main())
