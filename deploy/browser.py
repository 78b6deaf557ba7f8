"""A browser for scripts: cookies, and forms that are filled in and sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.cookies import SimpleCookie
from urllib.parse import urlencode

from deploy.forms import fields_of


@dataclass
class Browser:
    """Asks nodes and the proxy with one cookie jar."""

    cookies: dict[str, str] = field(default_factory=dict)

    def ask(self, port: int, path: str, form: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Return status and text."""
        connection = HTTPConnection("127.0.0.1", port, timeout=60)
        try:
            headers = {"Cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items())}
            body = None
            if form is not None:
                body = urlencode(form)
                headers["Content-Type"] = "application/x-www-form-urlencoded"
            connection.request("GET" if form is None else "POST", path, body, headers)
            answer = connection.getresponse()
            for line in answer.headers.get_all("Set-Cookie", []):
                self.cookies |= {key: morsel.value for key, morsel in SimpleCookie(line).items()}
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def try_to_ask(self, port: int, path: str) -> int:
        """Return the status, 0 when nobody answers."""
        try:
            return self.ask(port, path)[0]
        except OSError:
            return 0

    def send(self, port: int, path: str, **changes: str) -> int:
        """Fill in and send the form of a page."""
        _, page = self.ask(port, path)
        return self.ask(port, path, fields_of(page, path) | changes)[0]
