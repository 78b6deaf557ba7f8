"""The system's Firefox, driven by the protocol that is built into it (Marionette), for the few tests that need another
engine.

Playwright drives a Firefox of its own build only, and geckodriver, which Selenium needs, is in no Debian package. Both would
be no more than a translation to what is spoken here: JSON with its length in front, over a socket of this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

FIREFOX = os.environ.get("PLUGDECK_FIREFOX") or shutil.which("firefox-esr") or shutil.which("firefox")
STARTS_WITHIN = 60
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


class Firefox:
    """One window."""

    def __init__(self, connection: socket.socket) -> None:
        """Begin a session; the browser speaks first."""
        self.connection = connection
        self.number = 0
        self.read()
        self.ask("WebDriver:NewSession", {"capabilities": {"alwaysMatch": {"pageLoadStrategy": "normal"}}})

    def ask(self, command: str, arguments: dict[str, Any] | None = None) -> Any:
        """Send a command and return its result."""
        self.number += 1
        text = json.dumps([0, self.number, command, arguments or {}]).encode()
        self.connection.sendall(str(len(text)).encode() + b":" + text)
        _, _, error, result = self.read()
        assert error is None, f"{command}: {error}"
        return result.get("value", result) if isinstance(result, dict) else result

    def read(self) -> Any:
        """Return the next message."""
        head = b""
        while not head.endswith(b":"):
            head += self._take(1)
        return json.loads(self._take(int(head[:-1])))

    def _take(self, length: int) -> bytes:
        found = b""
        while len(found) < length:
            piece = self.connection.recv(length - len(found))
            assert piece, "Firefox has gone"
            found += piece
        return found

    def goto(self, url: str) -> None:
        """Open an address and wait for its page."""
        self.ask("WebDriver:Navigate", {"url": url})

    def back(self) -> None:
        """Press Back."""
        self.ask("WebDriver:Back")

    def forward(self) -> None:
        """Press Forward."""
        self.ask("WebDriver:Forward")

    def reload(self) -> None:
        """Press Reload."""
        self.ask("WebDriver:Refresh")

    def click(self, selector: str) -> None:
        """Click as a pointer does."""
        self.ask("WebDriver:ElementClick", {"id": self._find(selector)})

    def type(self, selector: str, text: str) -> None:
        """Type into a field."""
        self.ask("WebDriver:ElementSendKeys", {"id": self._find(selector), "text": text})

    def _find(self, selector: str) -> str:
        found = self.ask("WebDriver:FindElement", {"using": "css selector", "value": selector})
        return str(found[ELEMENT])

    def run(self, script: str) -> Any:
        """Return what a script of the page returns."""
        return self.ask("WebDriver:ExecuteScript", {"script": script, "args": []})

    def wait_for(self, script: str, value: Any) -> None:
        """Wait until an expression has a value."""
        end = time.monotonic() + 30
        while (found := self.run(f"return {script}")) != value:
            assert time.monotonic() < end, (
                f"{script} is {found!r}, not {value!r}, at {self.run('return location.href')}"
            )
            time.sleep(0.05)


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    """Run Firefox without a window, with a new profile."""
    assert FIREFOX, "Firefox is missing. CI has to install firefox-esr before the tests."
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    profile.mkdir(parents=True, exist_ok=True)
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
    command = [FIREFOX, "--headless", "--no-remote", "--profile", str(profile), "--marionette"]
    process = subprocess.Popen(  # The browser of this machine, with a fixed command line.
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "HOME": str(profile)},
    )
    try:
        with _connect(port) as connection:
            yield Firefox(connection)
    finally:
        process.terminate()
        process.wait(timeout=30)


def _connect(port: int) -> socket.socket:
    end = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=60)
        except OSError:
            assert time.monotonic() < end, "Firefox did not start"
            time.sleep(0.2)
        else:
            return connection
