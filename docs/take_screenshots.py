"""Take the screenshots of the documentation from a fresh demo: `make screenshots`.

It loads the demo into a temporary folder, serves it on a free port and drives the system Chromium.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
PLUGDECK = ROOT / ".venv" / "bin" / "plugdeck"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
LOOKS = (("light", "light", DESKTOP), ("dark", "dark", DESKTOP), ("phone", "light", PHONE))
SAMPLE = """\
apiVersion: smarter.sh/v1
kind: Plugin
metadata:
  name: oatBarRange
  pluginClass: static
  description: Every oat bar on sale this season, with weight, price and allergens.
  version: 1.10
  tag: [catalogue]
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
    """Take every picture."""
    chromium = shutil.which("chromium-headless-shell") or shutil.which("chromium")
    if chromium is None:
        sys.exit("Error: Chromium is missing. Install the package chromium, then try again.")
    TARGET.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as instance:
        port = free_port()
        environment = {**os.environ, "PLUGDECK_INSTANCE_DIR": instance, "PORT": str(port)}
        subprocess.run([PLUGDECK, "demo"], env=environment, check=True, capture_output=True)
        password = demo_password(Path(instance) / "demo-sign-ins.txt", "staff")
        server = subprocess.Popen([PLUGDECK, "serve"], env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_for(f"http://127.0.0.1:{port}/readyz")
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(
                    executable_path=chromium, args=["--no-sandbox", "--disable-background-networking"]
                )
                for name, scheme, size in LOOKS:
                    context = browser.new_context(
                        viewport=size, color_scheme=scheme, base_url=f"http://127.0.0.1:{port}"
                    )
                    take(context.new_page(), password, name)
                    context.close()
                browser.close()
        finally:
            server.terminate()
            server.wait(timeout=20)


def take(page: Page, password: tuple[str, str], look: str) -> None:
    """Sign in and take the pages in one look."""
    page.goto("/login")
    page.screenshot(path=TARGET / f"sign-in-{look}.png")
    page.get_by_label("Username").fill(password[0])
    page.get_by_label("Password").fill(password[1])
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=TARGET / f"list-{look}.png")
    for name, path in (
        ("connections", "/connections/"),
        ("people", "/account/people"),
        ("help", "/help/selector"),
        ("activity", "/activity/"),
    ):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=TARGET / f"{name}-{look}.png")
    page.goto("/plugins/")
    page.locator("table.list a.name").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=TARGET / f"record-{look}.png")
    page.goto(page.url.rstrip("/") + "/edit")
    page.get_by_label("Name", exact=True).fill("seasonalGiftGuide")
    page.get_by_label("Version", exact=True).fill("1.4")
    page.get_by_label("Version", exact=True).blur()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=TARGET / f"edit-{look}.png")
    page.goto("/plugins/?q=store_opening_hours")
    page.locator("table.list a.name").first.click()
    page.wait_for_url("**/plugins/pluginmeta-*/")
    record = page.url
    for name, path in (("history", "history"), ("yaml", "edit/yaml")):
        page.goto(record + path)
        page.wait_for_load_state("networkidle")
        page.screenshot(path=TARGET / f"{name}-{look}.png")
    page.goto("/manifests/")
    page.get_by_label("Paste YAML or JSON").fill(SAMPLE)
    page.locator("main form").get_by_role("button", name="Apply").first.click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=TARGET / f"upload-{look}.png")


def demo_password(path: Path, role: str) -> tuple[str, str]:
    """Return the username and password of a demo role."""
    for line in path.read_text().splitlines():
        found, username, password = line.split()
        if found == role:
            return username, password
    raise LookupError(role)


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
