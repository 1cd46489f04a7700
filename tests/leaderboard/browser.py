"""Real Chromium, driven by Playwright, and what it noticed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Page, Request, sync_playwright

_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@dataclass
class Seen:
    """A page, and everything that happened in it."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Of scripts, and what the content security policy stopped."""
    dialogs: list[str] = field(default_factory=list)

    def foreign(self) -> list[str]:
        """Requests that left this machine's files."""
        return [url for url in self.requests if not url.startswith(("file://", "data:"))]


@contextmanager
def chromium(**options: object) -> Iterator[Seen]:
    """A page in a new browser; `options` are Playwright's of a context."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.fail("Chromium is not installed: apt-get install chromium (as root, `make test` does it)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_QUIET)
        seen = Seen(browser.new_context(**options).new_page())  # type: ignore[arg-type]
        seen.page.on("request", lambda request: seen.requests.append(_url(request)))
        seen.page.on("console", lambda message: message.type == "error" and seen.errors.append(message.text))
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
        yield seen
        browser.close()


def _url(request: Request) -> str:
    return request.url
