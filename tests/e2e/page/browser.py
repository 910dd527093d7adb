"""A real browser, if this machine has one, and what it shows of the page."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, sync_playwright

from tests.conftest import REPOSITORY

SCREENSHOTS = REPOSITORY / "build" / "screenshots"

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge")

_QUIET = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)

WIDE, NARROW = 1320, 420


def find_browser() -> str | None:
    """Return the path of a Chromium on this machine; None if there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Run Chromium without a window."""
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=find_browser(), args=list(_QUIET))
        yield running
        running.close()


@dataclass(frozen=True)
class Widget:
    """The page in a browser's tab, as a person sees it."""

    tab: Page

    @property
    def content(self) -> Locator:
        """Return what the page function has made."""
        return self.tab.locator("#widget")

    def section(self, name: str) -> Locator:
        """Return a section by its name."""
        return self.content.get_by_role("region", name=name)

    def click(self, text: str, within: Locator | None = None) -> None:
        """Click a button, and wait until the page has changed."""
        (within or self.content).get_by_role("button", name=text, exact=True).first.click()
        self.settle()

    def settle(self) -> None:
        """Wait until nothing is being fetched."""
        self.tab.locator("#widget:not(.waits) > *").first.wait_for()

    def agree(self) -> str:
        """Confirm the question that is asked, and return what the popup then says."""
        self.tab.locator("#question").get_by_role("button", name="OK").click()
        popup = self.tab.locator("#popup[open]")
        popup.wait_for()
        said = popup.locator("div").inner_text()
        popup.get_by_role("button", name="Close").click()
        return said

    def save(self, name: str) -> Path:
        """Take a picture of what the page function has made."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        self.content.screenshot(path=path)
        return path
