"""The system's chromium, and visitors: whatever one of their pages complains of, or asks another host for, is kept."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Request, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
MISSING = "make test-pages needs chromium; on Debian: apt-get install chromium (or name one: CHROMIUM=/path/to/it)"

REFUSED = r"the server responded with a status of 4\d\d"
"""What chromium says of every refusal, however well the page shows it."""

BUSY = r"the server responded with a status of 503"
LOST = r"net::ERR_"
"""What it says of an answer that did not come."""

PATIENCE_MS = 10_000
INSIDE = ("about", "blob", "chrome-error", "data")
"""Schemes that ask no host."""


class Missing(Exception):
    """There is no chromium."""


def program() -> str:
    """The path of the system's chromium. Raises Missing."""
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None:
        raise Missing(MISSING)
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser for as long as the block lasts."""
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []  # chromium refuses to sandbox what root starts
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program(), args=arguments)
        try:
            yield browser
        finally:
            browser.close()


class Visitors:
    """Visitors of one shop, each with cookies of their own."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.complaints: list[str] = []
        self._browser = browser
        self._url = url
        self._provoked: list[str] = []
        self._contexts: list[BrowserContext] = []

    def come(self, *, scripts: bool = True, **options: Any) -> Page:
        """Somebody new; their first page, which is still empty."""
        context = self._browser.new_context(base_url=self._url, java_script_enabled=scripts, **options)
        context.set_default_timeout(PATIENCE_MS)
        self._contexts.append(context)
        context.on("console", self._hear)
        context.on("weberror", lambda error: self.complaints.append(f"script: {error.error}"))
        context.on("request", self._see)
        page: Page = context.new_page()
        return page

    def provoke(self, complaint: str) -> None:
        """What matches this may stand in the console: the test causes it on purpose."""
        self._provoked.append(complaint)

    def leave(self) -> None:
        """Everybody goes."""
        for context in self._contexts:
            context.close()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        if not any(re.search(provoked, message.text) for provoked in self._provoked):
            self.complaints.append(f"console: {message.text} ({message.location.get('url')})")

    def _see(self, request: Request) -> None:
        asked = urlsplit(request.url)
        if asked.scheme not in INSIDE and asked.netloc != urlsplit(self._url).netloc:
            self.complaints.append(f"asked another host: {request.url}")
