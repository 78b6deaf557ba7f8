"""The payloads under the real policy in a real browser: none runs, loads, sends or becomes an element (X01 to X08).

`PAGES` are addresses, `ACTS` are things that a person does; a new page or an inline control adds a line to one of them.
Every address with `{}` is opened once for each bundle of payloads, and the records of `tests.trapped` hold all of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect
from sqlalchemy.orm import Session

from tests import factories
from tests.browser.conftest import SignIn, Site
from tests.payloads import PAYLOADS, WORKED_OUT, bundles, for_a_line
from tests.thorough import some_of
from tests.trapped import Trapped, make_trapped
from webapp.db.session import current_session
from webapp.plugins.manifest import export_yaml
from webapp.plugins.queries.record import get_record
from webapp.plugins.service import update_plugin

# What of the records is shown where. `{static}`, `{sql}`, `{api}`, `{db}`, `{service}` and `{key}` are their locators.
PAGES = (
    "/plugins/",
    "/plugins/?q=trapped",
    "/plugins/?scope=all&sort=name",
    *(
        f"/plugins/{{{kind}}}/{part}"
        for kind in ("static", "sql", "api")
        for part in (
            "",
            "edit",
            "edit/yaml",
            "manifest",
            "checks",
            "used-by",
            "used-by?show=uses",
            "used-by?show=calls",
            "used-by?show=selections",
            "history",
            "history?view=record",
            "history?view=yaml",
        )
    ),
    "/activity/",
    "/activity/?person={who}",
    "/activity/{unit}",
    *(
        f"/plugins/{{static}}/{part}"
        for part in ("cell/description", "cell/tags", "rename", "owner", "removal")
    ),
    "/palette?q=trapped",
    "/palette?at={static}",
    "/tags/",
    "/tags/?view=cloud",
    "/tags/?show=alike",
    "/tags/{tag}/",
    "/tags/{tag}/rename",
    "/tags/merge?tag={tag}&tag={other}&into={other}",
    "/plugins/views",
    "/plugins/bin",
    "/plugins/export",
    "/plugins/export?q=trapped",
    "/connections/",
    "/connections/?q=trapped",
    *(
        f"/connections/{{{kind}}}/{part}"
        for kind in ("db", "service", "key")
        for part in ("", "edit", "manifest", "removal", "history")
    ),
    "/overview/",
    "/overview/?scope=mine",
    "/account/",
    "/account/password",
    "/account/sessions",
    "/account/people",
    "/account/people/invite",
    "/account/settings",
)
# What of the address is shown where, for somebody who is signed in.
ADDRESSES = (
    "/plugins/?q={}",
    "/plugins/?tag={}",
    "/plugins/?class={}",
    "/plugins/?owner={}",
    "/plugins/?sort={}",
    "/plugins/?after={}",
    "/plugins/?{}=x",
    "/plugins/?annotation={}",
    "/plugins/?annotation=key:{}",
    "/plugins/annotations?key=key&value={}",
    "/plugins/tags?find={}",
    "/plugins/{}/",
    "/r/{}",
    "/manifests/?example={}",
    "/manifests/jobs/{}",
    "/help/{}",
    "/palette?q={}",
    "/palette?at={}",
    "/plugins/bin?after={}",
    "/plugins/{}/used-by",
    "/plugins/views/{}",
    "/plugins/export?q={}",
    "/plugins/export?format={}",
    "/plugins/export?id={}&format=yaml",
    "/plugins/export?id=x&{}=y",
    "/connections/?q={}",
    "/connections/?kind={}",
    "/connections/new?kind={}",
    "/connections/new?kind=sql&name={}",
    "/connections/{}/",
    "/tags/?q={}",
    "/tags/?show={}",
    "/tags/{}/",
    "/tags/merge?tag={}",
    "/tags/merge?into=other&other={}",
    "/activity/?person={}",
    "/activity/?from={}",
    "/activity/{}",
    "/overview/?days={}",
    "/overview/?scope={}",
    "/overview/?{}=x",
    "/account/people/{}/hand-over",
    "/invite/{}",
    "/{}",
)
FOR_NOBODY = ("/login?next={}", "/login?next=/{}", "/{}", "/plugins/{}/", "/plugins/?q={}")

WATCH = """
window.ran = (number) => window.report("ran " + number);
document.addEventListener("securitypolicyviolation", (event) =>
  window.report(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
"""
# The console has none of these; a payload that came alive has.
ALIVE = """() => [...document.querySelectorAll(
  ".canary, iframe, object, embed, base, math, style, [style], [srcdoc], meta[http-equiv], [onerror], [onload], [onclick],"
  + "[onfocus], [onmouseover], [class~=canary], script:not([src^='/static/'])")].map((one) => one.outerHTML.slice(0, 200))
  .concat([...document.querySelectorAll("*")].flatMap((one) => [...one.attributes]
    .filter(({name, value}) => /^(on|hx-on|data-hx-)/.test(name)
      || (/^(href|src|action|formaction|xlink:href|hx-(get|post|put|delete))$/.test(name)
        && /^\\s*(javascript:|data:|[^?#]*\\/canary)/i.test(value)))
    .map(({name, value}) => `${one.tagName} ${name}=${value}`)))
"""


@dataclass
class Watched:
    """A window, and everything that happened in it that must not."""

    page: Page
    happened: list[str] = field(default_factory=list)

    def open(self, path: str) -> None:
        """Open an address and look at it."""
        self.page.goto(path)
        self.look(path)

    def look(self, where: str) -> None:
        """Fail when anything has come alive."""
        # One turn of the loop of events: errors of images and requests on load have been sent by then.
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 30)))")
        self.happened += self.page.evaluate(ALIVE)
        if WORKED_OUT in self.page.content():
            self.happened.append("a template worked out a sum")
        assert not self.happened, f"{where}\n" + "\n".join(self.happened)


def watch(page: Page) -> Watched:
    """Notice everything in a window from now on."""
    watched = Watched(page)
    happened = watched.happened
    page.expose_function("report", lambda what: happened.append(what))
    page.add_init_script(WATCH)
    page.on("popup", lambda popup: happened.append(f"window {popup.url}"))
    page.on("request", lambda request: _note_request(watched, request.url, request.is_navigation_request()))

    def on_dialog(dialog: Dialog) -> None:
        happened.append(f"dialog {dialog.message}")
        dialog.dismiss()

    page.on("dialog", on_dialog)
    return watched


def _note_request(watched: Watched, url: str, navigates: bool) -> None:
    # A payload in the address of a page that we open is one; anything that loads or sends by itself is not ours.
    if urlsplit(url).path.startswith("/canary") and not (navigates and "%" in url):
        watched.happened.append(f"request {url}")


@pytest.fixture(scope="module")
def trapped(site: Site) -> Iterator[Trapped]:
    """Return the tenant whose every text is a payload."""
    with site.app.app_context():
        yield make_trapped()


@pytest.fixture
def window(page: Page, trapped: Trapped, session: Session, signed_in: SignIn) -> Watched:
    """Return the window of somebody who belongs to it."""
    signed_in(page, trapped.person)
    return watch(page)


@pytest.mark.parametrize("payload", [PAYLOADS[1], PAYLOADS[4], PAYLOADS[15]])
def test_the_trap_works(site: Site, browser: Browser, payload: str) -> None:
    """A payload that is written as markup is noticed; without this the other tests would say nothing."""
    context = browser.new_context(base_url=site.url)
    watched = watch(context.new_page())
    watched.open("/help/tag")
    watched.page.evaluate("(text) => { document.querySelector('.prose').innerHTML = text; }", payload)
    with pytest.raises(AssertionError, match="canary"):
        watched.look("trap")
    context.close()


def test_what_people_wrote_stays_text(window: Watched, trapped: Trapped) -> None:
    for path in PAGES:
        db, service, key = trapped.connections
        plugins = {"static": trapped.static.locator, "sql": trapped.sql.locator, "api": trapped.api.locator}
        names = {"db": db, "service": service, "key": key, "unit": trapped.unit}
        names |= dict(zip(("tag", "other"), trapped.tags, strict=True))
        window.open(path.format(**plugins, **names, who=quote(trapped.person.username)))


@pytest.mark.wider
@pytest.mark.parametrize("address", ADDRESSES)
def test_what_stands_in_the_address_stays_text(window: Watched, address: str) -> None:
    texts = bundles(180)[::2] if "q=" in address else bundles(900)
    for text in some_of(texts, ADDRESSES.index(address), 2):
        window.open(address.format(quote(text, safe="")))


def test_what_stands_in_the_address_stays_text_for_somebody_who_is_not_signed_in(page: Page) -> None:
    window = watch(page)
    for address in FOR_NOBODY:
        for text in bundles(900):
            window.open(address.format(quote(text, safe="")))


Act = Callable[[Watched, Trapped], None]


def search(window: Watched, _trapped: Trapped) -> None:
    """Type payloads into the search and the field that finds tags; the answers are parts of the page."""
    window.page.goto("/plugins/")
    for text in bundles(180)[:3]:
        window.page.fill("#q", text)
        expect(window.page.locator("#results")).to_contain_text(text[:20])
        window.look("search")
    window.page.fill("#q", "")
    # The list brings new tags along; only then is there time for another question.
    expect(window.page).to_have_url(re.compile(r"/plugins/$"))
    expect(window.page.locator("[aria-busy]")).to_have_count(0)
    window.page.fill("#tagfind", "<")
    expect(window.page.locator("#tag-list a").first).to_contain_text("<")
    window.page.locator("#tag-list a").first.click()
    expect(window.page.locator("#chips .chip")).to_be_visible()
    window.look("chip")


def refuse_a_form(window: Watched, _trapped: Trapped) -> None:
    """Send a new plugin whose every field is refused."""
    page = window.page
    page.goto("/plugins/new")
    for name, text in (("name", PAYLOADS[1]), ("version", PAYLOADS[4]), ("model", PAYLOADS[0] * 20)):
        page.fill(f"#{name}", text)
        page.locator(f"#{name}").blur()
    page.fill("#description", "\n".join(PAYLOADS))
    page.fill("#static_data", "a: [" + "\n".join(PAYLOADS))
    page.get_by_role("button", name="Add annotation").click()
    page.locator("[name=annotations-0-key]").fill(PAYLOADS[1])
    page.locator("[name=annotations-0-value]").fill(PAYLOADS[4])
    window.look("live checks")
    page.get_by_role("button", name="Create plugin").click()
    expect(page.locator("#problems")).to_be_visible()
    window.look("refused form")


def suggest_tags(window: Watched, trapped: Trapped) -> None:
    """Type into the box of tags, whose suggestions are written by script."""
    page = window.page
    page.goto("/plugins/new")
    entry = page.get_by_label("Tags", exact=True)
    entry.fill("<")
    expect(page.locator(".suggest li").first).to_be_visible()
    window.look("suggestions")
    for text in for_a_line(without=",")[:8]:
        entry.fill(text)
        entry.press("Enter")
    window.look("tags")
    # Leaving asks first; nobody is asked here.
    page.evaluate(
        "window.addEventListener('beforeunload', (event) => event.stopImmediatePropagation(), true)"
    )


def merge(window: Watched, trapped: Trapped) -> None:
    """Save a form that is stale: both sides are shown with their differences."""
    page = window.page
    page.goto(f"/plugins/{trapped.static.locator}/edit")
    viewer = factories.viewer_of(trapped.person)
    record = get_record(current_session(), viewer, trapped.static.locator)
    theirs = replace(record.values, description="\n".join(reversed(PAYLOADS)), version="2.0.0")
    update_plugin(viewer, trapped.static.id, record.revision, theirs)
    page.fill("#description", "\n".join(PAYLOADS[::2]))
    page.get_by_role("button", name="Save changes").click()
    expect(page.locator("#merge-form")).to_be_visible()
    window.look("merge")


def upload(window: Watched, _trapped: Trapped) -> None:
    """Check manifests that are refused: pasted, and in files with names to be afraid of."""
    page = window.page
    page.goto("/manifests/")
    broken = "\n---\n".join(f"kind: {text}\nmetadata: {text}" for text in PAYLOADS)
    page.get_by_label("Paste YAML or JSON").fill(broken)
    expect(page.locator(".editor-told")).to_contain_text("problems")
    page.get_by_label("Paste YAML or JSON").press("Control+Home")
    window.look("editor")
    page.set_input_files(
        "input[type=file]",
        [
            {"name": f"{text}.yaml".replace("/", ":"), "mimeType": "text/yaml", "buffer": b"a: [1"}
            for text in PAYLOADS[:12]
        ],
    )
    window.look("chosen files")
    page.get_by_role("button", name="Check only").click()
    expect(page.locator("#problems")).to_be_visible()
    window.look("plan")


def apply_stale(window: Watched, trapped: Trapped) -> None:
    """Apply a plan whose record somebody has changed: differences, both sides and who they are."""
    page = window.page
    viewer = factories.viewer_of(trapped.person)
    record = get_record(current_session(), viewer, trapped.static.locator)
    page.goto("/manifests/")
    text = export_yaml(replace(record.values, description="\n".join(PAYLOADS[::2]), tags=("x",)))
    page.get_by_label("Paste YAML or JSON").fill(text)
    page.get_by_role("button", name="Check only").last.click()
    expect(page.get_by_role("heading", name="Plan for 1 document")).to_be_visible()
    page.locator(".plan .more details > summary").last.click()
    window.look("plan of an update")
    theirs = replace(record.values, description="\n".join(PAYLOADS[1::2]), version="3.0.0")
    update_plugin(viewer, trapped.static.id, record.revision, theirs)
    page.get_by_role("button", name="Apply 1 change").click()
    expect(page.get_by_role("radio")).to_have_count(2)
    window.look("stale plan")


def act_on_many(window: Watched, _trapped: Trapped) -> None:
    """Tag and annotate all that is listed: preview, report, toast, and what the annotation refuses."""
    page = window.page
    page.goto("/plugins/?q=trapped")
    page.get_by_role("checkbox", name="Select all on this page").check()
    bar = page.locator("#bulk")
    bar.get_by_role("button", name="Tag", exact=True).click()
    entry = page.locator("#bulk-form .tagbox input").last
    for text in for_a_line(without=",")[-3:]:
        entry.fill(f"many {text}"[:60])
        entry.press("Enter")
    expect(page.locator("#bulk-preview")).to_contain_text("will change")
    page.get_by_label("Reason").fill(PAYLOADS[1])
    window.look("preview of tags")
    page.locator("#bulk-form button.main").click()
    expect(page.locator(".toast")).to_contain_text("Undo")
    window.look("tagged")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_contain_text("Undid")
    window.look("taken back")
    page.get_by_role("checkbox", name="Select all on this page").check()
    bar.get_by_role("button", name="More").click()
    bar.get_by_role("button", name="Change an annotation").click()
    page.locator("#bulk-form [name=key]").fill(PAYLOADS[4])
    page.locator("#bulk-form [name=value]").fill(f"[{PAYLOADS[1]}")
    page.locator("#bulk-form button.main").click()
    expect(page.locator("#bulk-form [aria-invalid]").first).to_be_visible()
    window.look("refused annotation")


def sign_in_refused(window: Watched, _trapped: Trapped) -> None:
    """Give names that do not exist."""
    page = window.page
    page.context.clear_cookies()
    for text in PAYLOADS[1], PAYLOADS[4]:
        page.goto("/login")
        page.fill("#username", text)
        page.fill("#password", text)
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#sign-in-error")).to_be_visible()
        window.look("sign in")


ACTS: tuple[Act, ...] = (
    search,
    refuse_a_form,
    suggest_tags,
    merge,
    upload,
    apply_stale,
    act_on_many,
    sign_in_refused,
)


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)
def test_what_people_type_stays_text(window: Watched, trapped: Trapped, act: Act) -> None:
    act(window, trapped)
