"""Which pages `make screenshots` takes, in which four states: a new page is one line in `PAGES`.

The states are light, dark, a phone, and a fourth that says most about the page: empty, refused, or without JavaScript.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, ViewportSize

DESKTOP: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
NO_SCRIPT = "no-js"
NOBODY, MEMBER, STAFF, BEGINNER = "", "member", "staff", "beginner"

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


def palette_open(page: Page) -> None:
    """Look for something in the palette."""
    page.keyboard.press("Control+k")
    page.keyboard.type("order")
    page.locator("#palette .opt mark").first.wait_for()


def keys_open(page: Page) -> None:
    """Open the table of keys."""
    page.keyboard.press("?")
    page.locator("dialog[open] kbd").first.wait_for()


def selected(page: Page) -> None:
    """Select two plugins."""
    for box in page.locator("#rows input[type=checkbox]").all()[:2]:
        box.check()


EMPTY = "empty"
PAGES = (
    Shot("sign-in", "/login", NOBODY, fourth=State("refused", act=wrong_password)),
    Shot("list", "/plugins/", fourth=State(EMPTY, "/plugins/?q=gobstoper&class=sql")),
    Shot("list-filtered", "/plugins/?tag=products&class=static"),
    Shot("list-everything", "/plugins/?scope=all&sort=name", act=in_place),
    Shot("selection", "/plugins/?sort=name", act=selected),
    Shot("bulk", "/plugins/bulk/tag?id={static}&id={other}"),
    Shot("palette", "/plugins/", act=palette_open, fourth=State(path="/palette?q=order", script=False)),
    Shot("views", "/plugins/views", fourth=State(EMPTY, who=BEGINNER)),
    Shot("first-steps", "/plugins/", BEGINNER),
    Shot("new", "/plugins/new", fourth=State("refused", act=refused_edit)),
    Shot("record", "/plugins/{sql}/", fourth=State("not-ready", "/plugins/{missing}/")),
    Shot("edit", "/plugins/{static}/edit", act=refused_edit),
    Shot("conflict", "/plugins/{other}/edit", act=stale_save),
    Shot("manifest", "/plugins/{static}/manifest"),
    Shot("yaml", "/plugins/{static}/edit/yaml"),
    Shot("checks", "/plugins/{attention}/checks", fourth=State("not-ready", "/plugins/{missing}/checks")),
    Shot("used-by", "/plugins/{static}/used-by", fourth=State("uses", "/plugins/{static}/used-by?show=uses")),
    Shot("history", "/plugins/{static}/history"),
    Shot("rename", "/plugins/{static}/rename"),
    Shot("owner", "/plugins/{static}/owner"),
    Shot("delete", "/plugins/{static}/removal"),
    Shot("binned", "/plugins/{binned}/"),
    Shot("bin", "/plugins/bin", fourth=State(EMPTY, who=BEGINNER)),
    Shot("export", "/plugins/export?tag=products"),
    Shot("manifests", "/manifests/", fourth=State("plan", act=checked_upload)),
    Shot(
        "upload",
        "/manifests/",
        act=refused_upload,
        fourth=State("refused-kind", "/manifests/?example=nothing"),
    ),
    Shot("tags", "/tags/", fourth=State(EMPTY, who=BEGINNER)),
    Shot("tags-cloud", "/tags/?view=cloud"),
    Shot("tags-alike", "/tags/?show=alike"),
    Shot("tag", "/tags/{tag}/"),
    Shot("tag-rename", "/tags/{tag}/rename"),
    Shot("connections", "/connections/", fourth=State(EMPTY, who=BEGINNER)),
    Shot("connection", "/connections/{connection}/"),
    Shot("connection-edit", "/connections/{connection}/edit"),
    Shot("connection-manifest", "/connections/{connection}/manifest"),
    Shot("connection-history", "/connections/{connection}/history"),
    Shot("connection-delete", "/connections/{connection}/removal"),
    Shot("connection-choose", "/connections/new"),
    Shot("connection-new", "/connections/new?kind=sql"),
    Shot("activity", "/activity/", fourth=State(EMPTY, who=BEGINNER)),
    Shot("act", "/activity/{act}"),
    Shot("overview", "/overview/", fourth=State(EMPTY, who=BEGINNER)),
    Shot("overview-year", "/overview/?scope=mine&days=365", act=tables_open),
    Shot("help", "/help/"),
    Shot("concept", "/help/selector"),
    Shot("keys", "/plugins/", act=keys_open, fourth=State(path="/help/keys", script=False)),
    Shot("profile", "/account/", act=your_menu),
    Shot("sessions", "/account/sessions"),
    Shot("people", "/account/people", fourth=State("forbidden", who=MEMBER)),
    Shot("invite", "/account/people/invite"),
    Shot("hand-over", "/account/people/{person}/hand-over"),
    Shot("password", "/account/password"),
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
    "attention": ("/plugins/?ready=attention", r"/plugins/(pluginmeta-\w+)/"),
    "tag": ("/tags/?q=customer", r"/tags/([a-z]+-\w+)/"),
    "binned": ("/plugins/bin", r"/plugins/(pluginmeta-\w+)/"),
    "connection": ("/connections/?kind=sql", r"/connections/([a-z]+-\w+)/"),
    "person": ("/account/people", r"/account/people/([\w-]+)/hand-over"),
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
