"""The process between the harness and a command (an agent's, a model's server): nothing of the command outlives it.

Run as `python -I -S keeper.py CONTROL GRACE COMMAND...`, standard library only. The command gets this process's
standard streams and a process group of its own. It ends, with all that it started, when the pipe CONTROL (a file
descriptor whose other end the harness holds) is closed: on purpose, or because the harness was killed. It is asked
first, and killed after GRACE seconds. On Linux whoever left the group is found too, as this process adopts orphans,
and the command ends where this process is killed. The exit code is the command's, or 128 and the number of its signal.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

_PDEATHSIG, _SUBREAPER = 1, 36
"""Of Linux's prctl."""
_NO_COMMAND = 127
_DEFAULTS = (signal.SIGPIPE, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD)
"""Signals that the command gets as every program does, whatever this process does with them."""


def main() -> int:
    """Run the command to its end, or to the end of the harness."""
    control, grace, command = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3:]
    os.set_inheritable(control, False)
    prctl = _prctl()
    prctl(_SUBREAPER, 1)
    woken, wakes = os.pipe()
    for end in (woken, wakes):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    asked: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda received, _: asked.append(received))
    child = os.fork()
    if child == 0:
        _become(command, prctl)
    _let_streams_go()
    return _watch(child, control, grace, woken, asked)


def _become(command: list[str], prctl: Callable[[int, int], object]) -> NoReturn:
    """In the child: turn into the command."""
    try:
        os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in _DEFAULTS:
            signal.signal(number, signal.SIG_DFL)
        prctl(_PDEATHSIG, signal.SIGKILL)
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"{command[0]}: {error.strerror}\n".encode())
    os._exit(_NO_COMMAND)


def _watch(child: int, control: int, grace: float, woken: int, asked: list[int]) -> int:
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
            until = time.monotonic() + grace
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


def _prctl() -> Callable[[int, int], object]:
    """Linux's; elsewhere it does nothing."""
    if sys.platform != "linux":
        return lambda option, value: None
    import ctypes

    libc = ctypes.CDLL(None)
    return lambda option, value: libc.prctl(option, int(value), 0, 0, 0)


def _let_streams_go() -> None:
    """The command alone holds its streams, so that their end is its end."""
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)


if __name__ == "__main__":
    os._exit(main())
