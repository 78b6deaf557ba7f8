"""The browser and the system of a login session in words, read modestly from what the browser calls itself."""

from __future__ import annotations

import re

UNKNOWN = "Unknown browser"

# The order matters: most browsers also name the ones that they want to be taken for.
_BROWSERS = (
    ("Edge", r"\bEdg(?:e|A|iOS)?/"),
    ("Opera", r"\b(?:OPR|Opera)/"),
    ("Samsung Internet", r"\bSamsungBrowser/"),
    ("Vivaldi", r"\bVivaldi/"),
    ("Firefox", r"\b(?:Firefox|FxiOS)/"),
    ("Chrome", r"\b(?:Headless)?(?:Chrome|CriOS|Chromium)/"),
    ("Safari", r"\bVersion/[\d.]+.*\bSafari/"),
    ("curl", r"^curl/"),
)
_SYSTEMS = (
    ("iPad", r"\biPad\b"),
    ("iPhone", r"\biPhone\b"),
    ("Android", r"\bAndroid\b"),
    ("ChromeOS", r"\bCrOS\b"),
    ("Windows", r"\bWindows\b"),
    ("macOS", r"\bMac(?:intosh| OS X)"),
    ("Linux", r"\bLinux\b|\bX11\b"),
)
_HANDHELD = frozenset({"iPad", "iPhone", "Android"})


def describe_device(user_agent: str) -> str:
    """Return words such as "Firefox on Windows"; what is not known is left out."""
    browser, system = _first(_BROWSERS, user_agent), _first(_SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    return browser or (f"A browser on {system}" if system else UNKNOWN)


def is_handheld(user_agent: str) -> bool:
    """Tell whether the device is a phone or a tablet, for its icon."""
    return _first(_SYSTEMS, user_agent) in _HANDHELD


def _first(patterns: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for name, pattern in patterns if re.search(pattern, text)), "")
