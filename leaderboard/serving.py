"""A site on this machine's loopback address: `bench leaderboard serve`."""

from __future__ import annotations

from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from harness.core.errors import InputError
from leaderboard.build import MARK

LOOPBACK = "127.0.0.1"


class _Quiet(SimpleHTTPRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Requests are nobody's business."""


def open_server(site: Path, port: int) -> ThreadingHTTPServer:
    """A server of the site in a folder; the caller runs and closes it.

    Raises:
        InputError: no site lies there, or the port is taken.
    """
    if not (site / MARK).is_file():
        raise InputError(f"{site}: no site lies there", hint="bench leaderboard build SUBMISSIONS... --out SITE")
    try:
        return ThreadingHTTPServer((LOOPBACK, port), partial(_Quiet, directory=str(site)))
    except OSError as error:
        raise InputError(f"port {port}: {error.strerror}", hint="give another --port, or 0 for any") from None
