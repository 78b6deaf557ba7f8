"""Take a picture of every page in four states into docs/screens, from a fresh demo: `make screenshots`.

A new page is one line in `PAGES`. The states are light, dark, a phone, and a fourth that says most about the page:
empty, refused, or without JavaScript. `take_screenshots.py NAME …` takes only the pages of these names. A page that
cannot be taken stops everything: no picture is ever left out.

It loads the demo into a temporary folder, adds an account without plugins, serves it on a free port and drives the
system Chromium. With pngquant the pictures take a third of the room.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screens"
PLUGDECK = ROOT / ".venv" / "bin" / "plugdeck"
DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
NO_SCRIPT = "no-js"
NOBODY, MEMBER, STAFF, BEGINNER = "", "member", "staff", "beginner"
BEGINNER_NAME, BEGINNER_PASSWORD, BEGINNER_ACCOUNT = "vera", "pictures-of-an-empty-account", "9000-0000-0001"

Act = Callable[[Page], None]


@dataclass(frozen=True)
class State:
    """The fourth state of a page; the address and the person are those of the other three when they are not given.

    Args:
        name: what its file is called by.
        path: of the page in this state.
        who: sees it.
        act: done before the picture is taken.
        script: whether JavaScript runs.
    """

    name: str = NO_SCRIPT
    path: str = ""
    who: str | None = None
    act: Act | None = None
    script: bool = True


@dataclass(frozen=True)
class Shot:
    """A page: its name, its address with names of PLACES in braces, who sees it, and what is done before the picture.

    `fourth` is the state that says most about it.
    """

    name: str
    path: str
    who: str = STAFF
    act: Act | None = None
    fourth: State = State(script=False)


@dataclass(frozen=True)
class Look:
    """The look of a picture; the last one is the fourth state of its page."""

    name: str
    scheme: str
    size: ViewportSize


LOOKS = (Look("light", "light", DESKTOP), Look("dark", "dark", DESKTOP), Look("phone", "light", PHONE))


MINE = "Home delivery slots for a postcode, chilled slots first."
THEIRS = itertools.cycle(
    (
        "Home delivery slots of the next seven days for a postcode.",
        "Free delivery slots for a postcode and a day.",
    )
)


def refused_edit(page: Page) -> None:
    """Type what is refused beside the fields."""
    page.get_by_label("Name", exact=True).fill("seasonalGiftGuide")
    page.get_by_label("Version", exact=True).fill("1.4")
    page.get_by_label("Version", exact=True).blur()


def refused_upload(page: Page) -> None:
    """Apply a manifest with problems."""
    page.get_by_label("Paste YAML or JSON").fill(SAMPLE)
    page.locator("main form").get_by_role("button", name="Apply").first.click()
    page.get_by_text("Plan for").first.wait_for()


def checked_upload(page: Page) -> None:
    """Check a manifest that can be applied."""
    fixed = SAMPLE.replace("oatBarRange", "oat_bar_range").replace("1.10", '"1.10.0"').replace("lots", "512")
    page.get_by_label("Paste YAML or JSON").fill(fixed)
    page.get_by_role("button", name="Check only").click()
    page.get_by_text("Plan for").first.wait_for()


def wrong_password(page: Page) -> None:
    """Sign in with a wrong password."""
    page.get_by_label("Username").fill("imogen")
    page.get_by_label("Password", exact=True).fill("wrong")
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("alert").first.wait_for()


def your_menu(page: Page) -> None:
    """Open the menu of the person."""
    page.get_by_role("button", name="Your menu").click()
    page.get_by_role("button", name="Sign out").wait_for()


def stale_save(page: Page) -> None:
    """Save a form that somebody else was faster with."""
    other = page.context.new_page()
    for tab, words in ((page, MINE), (other, next(THEIRS))):
        tab.goto(page.url)
        tab.get_by_label("Description", exact=True).first.fill(words)
    for tab in (other, page):
        tab.get_by_role("button", name="Save").last.click()
        tab.wait_for_load_state("networkidle")
    other.close()
    page.locator(".merge").first.wait_for()


def in_place(page: Page) -> None:
    """Open the tags of the first plugin in place."""
    page.locator("#rows a[id$=-tags-edit]:visible").first.click()
    page.locator(".cell-form").wait_for()


def tables_open(page: Page) -> None:
    """Open the tables behind the charts."""
    page.locator("details.behind > summary").first.click()
    page.locator("details.behind table").first.wait_for()


EMPTY = "empty"
PAGES = (
    Shot("sign-in", "/login", NOBODY, fourth=State("refused", act=wrong_password)),
    Shot("list", "/plugins/", fourth=State(EMPTY, "/plugins/?q=gobstoper&class=sql")),
    Shot("list-filtered", "/plugins/?tag=products&class=static"),
    Shot("list-everything", "/plugins/?scope=all&sort=name", act=in_place),
    Shot("first-steps", "/plugins/", BEGINNER),
    Shot("new", "/plugins/new", fourth=State("refused", act=refused_edit)),
    Shot("record", "/plugins/{sql}/", fourth=State("not-ready", "/plugins/{missing}/")),
    Shot("edit", "/plugins/{static}/edit", act=refused_edit),
    Shot("conflict", "/plugins/{other}/edit", act=stale_save),
    Shot("manifest", "/plugins/{static}/manifest"),
    Shot("yaml", "/plugins/{static}/edit/yaml"),
    Shot("history", "/plugins/{static}/history"),
    Shot("rename", "/plugins/{static}/rename"),
    Shot("owner", "/plugins/{static}/owner"),
    Shot("bin", "/plugins/bin", fourth=State(EMPTY, who=BEGINNER)),
    Shot("export", "/plugins/export?tag=products"),
    Shot("manifests", "/manifests/", fourth=State("plan", act=checked_upload)),
    Shot(
        "upload",
        "/manifests/",
        act=refused_upload,
        fourth=State("refused-kind", "/manifests/?example=nothing"),
    ),
    Shot("connections", "/connections/", fourth=State(EMPTY, who=BEGINNER)),
    Shot("connection", "/connections/{connection}/"),
    Shot("connection-edit", "/connections/{connection}/edit"),
    Shot("activity", "/activity/", fourth=State(EMPTY, who=BEGINNER)),
    Shot("act", "/activity/{act}"),
    Shot("overview", "/overview/", fourth=State(EMPTY, who=BEGINNER)),
    Shot("overview-year", "/overview/?scope=mine&days=365", act=tables_open),
    Shot("help", "/help/"),
    Shot("concept", "/help/selector"),
    Shot("profile", "/account/", act=your_menu),
    Shot("sessions", "/account/sessions"),
    Shot("people", "/account/people", fourth=State("forbidden", who=MEMBER)),
    Shot("settings", "/account/settings"),
    Shot("error", "/plugins/?class=nonsense", fourth=State("not-found", "/plugins/pluginmeta-nothing/")),
)
"""Every page, in the order of the console."""

# What the braces of a path stand for: where the link stands that leads to the record, and its pattern.
PLACES = {
    "static": ("/plugins/?q=store_opening_hours", r"/plugins/(pluginmeta-\w+)/"),
    "sql": ("/plugins/?q=sales_by_region", r"/plugins/(pluginmeta-\w+)/"),
    "other": ("/plugins/?q=delivery_slots", r"/plugins/(pluginmeta-\w+)/"),
    "missing": ("/plugins/?ready=not_ready", r"/plugins/(pluginmeta-\w+)/"),
    "connection": ("/connections/?kind=sql", r"/connections/([a-z]+-\w+)/"),
    "act": ("/activity/", r"/activity/(unit-\w+)"),
}
BINNED = ("wholesale_price_list", "personalised_messages_faq")
SAMPLE = """\
apiVersion: smarter.sh/v1
kind: Plugin
metadata:
  name: oatBarRange
  pluginClass: static
  description: Every oat bar on sale this season, with weight, price and allergens.
  version: 1.10
  tags: [catalogue]
spec:
  selector:
    directive: search_terms
    searchTerms: [oat bar]
  prompt:
    systemRole: Answer from the range and name the allergens.
    maxTokens: lots
  data:
    staticData:
      classic: {weight: 40 g, price: "1.20"}
"""


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
    shrink()


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
        """Find the records that paths name, and put plugins into the bin."""
        page = self._open(STAFF, LOOKS[0]).new_page()
        for name, (path, pattern) in PLACES.items():
            page.goto(path)
            found = re.search(pattern, page.locator("main").inner_html())
            if found is None:
                sys.exit(f"Error: {path} has no link like {pattern}.")
            self._places[name] = found[1]
        for name in BINNED:
            page.goto(f"/plugins/?q={name}")
            page.locator("#rows a.name").first.click()
            page.locator("summary[aria-label='More actions']").click()
            page.get_by_role("button", name="Delete", exact=True).click()
            page.get_by_text("moved to the bin").wait_for()
        page.close()

    def _picture(self, name: str, look: Look, path: str, who: str, act: Act | None, *, script: bool) -> None:
        page = self._open(who, look, script=script).new_page()
        page.goto(path.format(**self._places))
        if act:
            act(page)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=TARGET / f"{name}-{look.name}.png")
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


def shrink() -> None:
    """Give the pictures a palette where pngquant is installed; a picture that would not gain stays as it is."""
    pngquant = shutil.which("pngquant")
    if pngquant is None:
        print("The pictures are three times as large as they need to be. Install pngquant, then try again.")
        return
    # 98 and 99 say that single pictures were left as they are.
    options = ["--force", "--skip-if-larger", "--strip", "--ext", ".png", "--speed", "1", "128"]
    done = subprocess.run([pngquant, *options, *sorted(TARGET.glob("*.png"))], check=False)
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
