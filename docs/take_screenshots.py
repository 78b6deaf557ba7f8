"""Take a picture of every page in four states into docs/screens, from a fresh demo: `make screenshots`.

What is taken stands in `screenshot_pages.py`. `take_screenshots.py NAME …` takes only the pages of these names. A page
that cannot be taken stops everything: no picture is ever left out.

It loads the demo into a temporary folder, adds an account without plugins, serves it on a free port and drives the
system Chromium. With pngquant the pictures take a third of the room.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright
from screenshot_pages import (
    BEGINNER,
    BINNED,
    DESKTOP,
    LOOKS,
    NO_SCRIPT,
    PAGES,
    PLACES,
    STAFF,
    Act,
    Look,
    Shot,
)

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screens"
PLUGDECK = ROOT / ".venv" / "bin" / "plugdeck"
BEGINNER_NAME, BEGINNER_PASSWORD, BEGINNER_ACCOUNT = "vera", "pictures-of-an-empty-account", "9000-0000-0001"


def main() -> None:
    """Take the pictures that were asked for, else every one."""
    names = sys.argv[1:]
    if unknown := set(names) - {shot.name for shot in PAGES}:
        sys.exit(f"Error: there is no page {', '.join(sorted(unknown))}.")
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if chromium is None:
        sys.exit("Error: Chromium is missing. Install the package chromium, then try again.")
    TARGET.mkdir(parents=True, exist_ok=True)
    if not names:
        for old in TARGET.glob("*.png"):
            old.unlink()
    with tempfile.TemporaryDirectory() as instance:
        port = free_port()
        environment = {
            **os.environ,
            "PLUGDECK_INSTANCE_DIR": instance,
            "PORT": str(port),
            "WEB_CONCURRENCY": "1",
        }
        passwords = load(environment, Path(instance))
        server = subprocess.Popen([PLUGDECK, "serve"], env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
                )
                site = Site(browser, f"http://127.0.0.1:{port}", passwords)
                site.take([shot for shot in PAGES if not names or shot.name in names])
                browser.close()
        finally:
            server.terminate()
            server.wait(timeout=20)
    shrink(site.taken)


def load(environment: Mapping[str, str], instance: Path) -> dict[str, tuple[str, str]]:
    """Load the demo and an account without plugins; return username and password of each role."""

    def run(*words: str, text: str = "") -> None:
        subprocess.run(
            [PLUGDECK, *words], env=environment, check=True, capture_output=True, text=True, input=text
        )

    run("demo")
    run("accounts", "create", "--name", "Quince Library", "--number", BEGINNER_ACCOUNT)
    words = ("--account", BEGINNER_ACCOUNT, "--role", "staff", "--name", "Vera Lindqvist", "--password-stdin")
    run("users", "create", BEGINNER_NAME, *words, text=BEGINNER_PASSWORD)
    found = {BEGINNER: (BEGINNER_NAME, BEGINNER_PASSWORD)}
    for line in (instance / "demo-sign-ins.txt").read_text().splitlines():
        role, username, password = line.split()
        found[role] = (username, password)
    return found


class Site:
    """The demo in a browser."""

    def __init__(self, browser: Browser, url: str, passwords: Mapping[str, tuple[str, str]]) -> None:
        """Take the browser, the address of the demo and who signs in with what."""
        self._browser, self._url, self._passwords = browser, url, passwords
        self._contexts: dict[tuple[str, str, bool], BrowserContext] = {}
        self._places: dict[str, str] = {}
        self.taken: list[Path] = []

    def take(self, shots: list[Shot]) -> None:
        """Take every picture of some pages."""
        self._prepare()
        for look in LOOKS:
            for shot in shots:
                self._picture(shot.name, look, shot.path, shot.who, shot.act, script=True)
        for shot in shots:
            state = shot.fourth
            who = shot.who if state.who is None else state.who
            look = Look(state.name, "light", DESKTOP)
            self._picture(shot.name, look, state.path or shot.path, who, state.act, script=state.script)

    def _prepare(self) -> None:
        """Put plugins into the bin, and find the records that paths name."""
        page = self._open(STAFF, LOOKS[0]).new_page()
        for name in BINNED:
            page.goto(f"/plugins/?q={name}")
            page.locator("#rows a.name").first.click()
            page.locator("summary[aria-label='More actions']").click()
            page.get_by_role("button", name="Delete", exact=True).click()
            page.get_by_text("moved to the bin").wait_for()
        for name, (path, pattern) in PLACES.items():
            page.goto(path)
            found = re.search(pattern, page.locator("main").inner_html())
            if found is None:
                sys.exit(f"Error: {path} has no link like {pattern}.")
            self._places[name] = found[1]
        page.close()

    def _picture(self, name: str, look: Look, path: str, who: str, act: Act | None, *, script: bool) -> None:
        page = self._open(who, look, script=script).new_page()
        page.goto(path.format(**self._places))
        if act:
            act(page)
        page.wait_for_load_state("networkidle")
        self.taken.append(TARGET / f"{name}-{look.name}.png")
        page.screenshot(path=self.taken[-1])
        page.close()
        print(f"{name}-{look.name}", flush=True)

    def _open(self, who: str, look: Look, *, script: bool = True) -> BrowserContext:
        """Return a window of this look in which this person is signed in, the same one each time."""
        fourth = look not in LOOKS
        key = (who, NO_SCRIPT if fourth else look.name, script)
        if key in self._contexts:
            return self._contexts[key]
        context = self._browser.new_context(
            viewport=look.size,
            color_scheme=look.scheme,  # type: ignore[arg-type]  # "light" or "dark", as Playwright spells them
            base_url=self._url,
            java_script_enabled=script,
            reduced_motion="reduce",
            locale="en-GB",
        )
        self._contexts[key] = context
        if who:
            page = context.new_page()
            username, password = self._passwords[who]
            page.goto("/login")
            page.get_by_label("Username").fill(username)
            page.get_by_label("Password", exact=True).fill(password)
            page.get_by_role("main").get_by_role("button", name="Sign in").click()
            page.wait_for_url("**/plugins/**")
            page.close()
        return context


def shrink(pictures: list[Path]) -> None:
    """Give the pictures a palette where pngquant is installed; a picture that would not gain stays as it is."""
    pngquant = shutil.which("pngquant")
    if pngquant is None:
        print("The pictures are three times as large as they need to be. Install pngquant, then try again.")
        return
    # 98 and 99 say that single pictures were left as they are.
    options = ["--force", "--skip-if-larger", "--strip", "--ext", ".png", "--speed", "1", "128"]
    done = subprocess.run([pngquant, *options, *pictures], check=False)
    if done.returncode not in (0, 98, 99):
        sys.exit("Error: pngquant failed.")


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(url: str) -> None:
    """Wait until the server answers."""
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    sys.exit("Error: the server did not start.")


if __name__ == "__main__":
    main()
