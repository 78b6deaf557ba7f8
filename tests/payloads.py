"""Texts that become code where they are not escaped: one list for the tests with a parser and those with a browser.

Each runs `ran(…)`, loads something below `/canary`, adds an element of the class `canary`, or is a sum that a template
engine would work out. None may happen. The short ones fit wherever a line of 64 characters without commas is taken.
"""

from __future__ import annotations

SHORT = (
    "<script>ran(1)</script>",
    "<img src=/canary/1 onerror=ran(2)>",
    "<svg onload=ran(3) class=canary>",
    "<svg/onload=ran(4)//",
    '"><b class=canary>x',
    "'><b class=canary>x",
    '" autofocus onfocus=ran(5) x="',
    "' autofocus onfocus=ran(6) x='",
    " onmouseover=ran(7) class=canary ",
    "</textarea><script>ran(8)</script>",
    "</title><script>ran(9)</script>",
    "</script><script>ran(10)</script>",
    "</template><b class=canary>",
    "--><b class=canary>",
    "<a href=javascript:ran(11) class=canary>x</a>",
    "<b class=canary hx-get=/canary/2 hx-trigger=load>",
    "<b class=canary data-hx-get=/canary/3 data-hx-trigger=load>",
    '" hx-get="/canary/4" hx-trigger="load" x="',
    "<b class=canary hx-on:click=ran(12)>",
    "<b class=canary hx-on--load=ran(13)>",
    "<hx-partial hx-target=body><b class=canary></hx-partial>",
    "<iframe srcdoc='<script>parent.ran(14)</script>'>",
    "<object data=/canary/5 class=canary>",
    "<base href=/canary/6/>",
    "<form action=/canary/7><button class=canary>",
    "<meta http-equiv=refresh content='0;url=/canary/8'>",
    "<style>@import '/canary/9';</style>",
    "<link rel=stylesheet href=/canary/10>",
    "&lt;script&gt;ran(15)&lt;/script&gt;",
    "%3Cscript%3Eran(16)%3C/script%3E",
    "%253Cimg src=/canary/11 onerror=ran(17)%253E",
    "\\u003cscript\\u003eran(18)\\u003c/script\\u003e",
    "\uff1cscript\uff1eran(19)\uff1c/script\uff1e",
    "{{31337*3}}",
    "${31337*3}",
    "#{31337*3}<%= 31337*3 %>",
    "{% print 31337*3 %}",
    "{0.__class__} %(x)s %n",
    "javascript:ran(20)",
    "data:text/html;base64|<script>ran(21)</script>",
    "`-ran(22)-`",
    "</style><b class=canary>",
    "__n__<b class=canary>",
)
LONG = (
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=/canary/12 onerror=ran(23)&gt;">',
    '<svg><animate attributeName=href values=javascript:ran(24)></svg><svg><use href="/canary/13#x"></svg>',
    '<div hx-headers=\'{"X-CSRFToken":"x"}\' hx-post="/canary/14" hx-trigger="load, revealed, intersect" class=canary>',
    '<template hx type="partial" hx-target="body"><b class="canary" hx-get="/canary/15" hx-trigger="load"></b></template>',
)
PAYLOADS = SHORT + LONG
# What a template engine makes of the sum.
WORKED_OUT = str(31337 * 3)


def for_a_line(limit: int = 64, *, without: str = "") -> tuple[str, ...]:
    """Return the payloads that fit a line of `limit` characters and hold none of the characters `without`."""
    return tuple(text for text in PAYLOADS if len(text) <= limit and not set(text) & set(without))


def bundles(limit: int) -> list[str]:
    """Return all payloads that fit, joined into as few texts of at most `limit` characters as there can be."""
    found = [""]
    for text in for_a_line(limit):
        if len(found[-1]) + len(text) + 1 > limit:
            found.append("")
        found[-1] = f"{found[-1]} {text}".strip()
    return found
