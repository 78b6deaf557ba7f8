"""The pages of tags: list, cloud, groups, preview and act, with what each kind of person is shown."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from tests import factories
from tests.factories import Person, viewer_of
from tests.integration.plugins.test_bin_pages import toast
from tests.integration.tags.gardening import aliases, all_tags, tag_id, tags_of
from tests.pages import PARTIAL, PageClient, sign_in
from webapp.plugins import service as plugins
from webapp.tags import service
from webapp.tags.values import tag_locator


@pytest.fixture
def bob(session: Session, client: PageClient) -> Person:
    """Return a person of the staff who is signed in and whose account has some tags."""
    person = factories.person("bob", role="staff")
    factories.plugin(person, name="first", tags=("return", "orders"))
    factories.plugin(person, name="second", tags=("returns", "orders", "x"))
    sign_in(client, person)
    return person


def send(client: PageClient, address: str, **data: str | list[str]) -> TestResponse:
    return client.post(address, data=data)


def shown(client: PageClient, address: str) -> list[str]:
    return [cell.text for cell in client.page(address).all("td", class_="c-tag")]


def test_the_list_has_every_tag_with_its_count(client: PageClient, bob: Person) -> None:
    page = client.page("/tags/")
    assert page.one("h1").text == "Tags"
    assert page.one("span", id="count").text == "4 tags"
    assert shown(client, "/tags/") == ["orders", "return", "returns", "x"]
    assert shown(client, "/tags/?sort=-plugins")[0] == "orders"
    assert shown(client, "/tags/?q=RET") == ["return", "returns"]
    assert shown(client, "/tags/?show=once&sort=-name") == ["x", "returns", "return"]
    assert "/plugins/?tag=orders" in [link["href"] for link in page.all("a") if "href" in link.attrs]


def test_the_list_has_pages(client: PageClient, bob: Person, session: Session) -> None:
    for number in range(4):
        names = tuple(f"tag {number}{letter}" for letter in "abcdefghijklmnopqrst")
        factories.plugin(bob, tags=names)
    for sort in ("name", "-name", "plugins", "-plugins"):
        found: list[str] = []
        address = f"/tags/?sort={sort}"
        while address:
            page = client.page(address)
            found += [cell.text for cell in page.all("td", class_="c-tag")]
            older = page.find("a", id="older")
            address = older["href"] if older else ""
        assert len(found) == len(set(found)) == 84
        newer = page.one("a", id="newer")["href"]
        assert len(shown(client, newer)) == 50


def test_a_bad_address_names_what_is_wrong(client: PageClient, bob: Person) -> None:
    for address in (
        "/tags/?sort=age",
        "/tags/?show=all",
        "/tags/?after=x",
        "/tags/?nonsense=1",
        "/tags/?view=list",
    ):
        assert client.get(address).status_code == 400


def test_an_unchanged_list_is_not_sent_again(client: PageClient, bob: Person) -> None:
    answer = client.get("/tags/")
    again = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/tags/", headers=again).status_code == 304
    factories.plugin(bob, tags=("more",))
    assert client.get("/tags/", headers=again).status_code == 200


def test_the_cloud_is_a_list_of_links_with_counts(client: PageClient, bob: Person) -> None:
    cloud = client.page("/tags/?view=cloud").one("ul", class_="cloud")
    assert [item.text for item in cloud.all("li")] == [
        "orders 2 plugins",
        "return 1 plugin",
        "returns 1 plugin",
        "x 1 plugin",
    ]
    assert cloud.all("a")[0]["class"] == "size-5"


def test_tags_that_look_alike_come_with_their_merge(client: PageClient, bob: Person) -> None:
    page = client.page("/tags/?show=alike")
    assert page.one("span", id="count").text == "2 of 4 tags, in 1 group"
    group = page.one("ul", class_="alike")
    assert "return 1 plugin returns 1 plugin, plural" in group.text
    merge = client.page(group.all("a")[-1]["href"])
    assert merge.one("p", id="scale").text.startswith("1 plugin,")
    assert [cell.text for cell in merge.all("a", class_="name")] == ["second"]


def test_a_fragment_is_the_same_results(client: PageClient, bob: Person) -> None:
    page = client.page("/tags/?q=ret")
    fragment = client.get("/tags/?q=ret", headers=PARTIAL)
    assert "<html" not in fragment.text
    assert page.one("table").text in " ".join(fragment.text.split()) or "returns" in fragment.text
    assert fragment.headers["HX-Push-Url"] == "/tags/?q=ret"


def test_a_rename_is_shown_first_and_then_done(client: PageClient, bob: Person, session: Session) -> None:
    address = f"/tags/{tag_locator(tag_id(session, bob, 'orders'))}/rename"
    page = client.page(address)
    assert page.one("p", id="scale").text.startswith("2 plugins,")
    assert [cell.text for cell in page.all("a", class_="name")] == ["first", "second"]
    seen = page.one("input", name="seen")["value"]
    done = send(client, address, seen=seen, name="Purchases", keep_alias="y", reason="One word for it")
    assert done.status_code == 303
    assert tags_of(session, "first") == ["return", "Purchases"]
    assert aliases(session, bob) == {"orders": "Purchases"}
    said = toast(client.page(done.headers["Location"]))
    assert "Renamed tag orders to Purchases, 2 plugins changed" in said.text
    undone = send(client, said.one("form")["action"])
    assert undone.status_code == 303
    assert tags_of(session, "first") == ["return", "orders"]
    assert aliases(session, bob) == {}


def test_a_taken_name_offers_the_merge(client: PageClient, bob: Person, session: Session) -> None:
    address = f"/tags/{tag_locator(tag_id(session, bob, 'orders'))}/rename"
    seen = client.page(address).one("input", name="seen")["value"]
    refused = send(client, address, seen=seen, name="X")
    assert refused.status_code == 422
    assert "There is a tag x already." in refused.text
    assert "merge-instead" in refused.text
    assert 'value="X"' in refused.text


def test_what_moved_meanwhile_is_shown_anew(client: PageClient, bob: Person, session: Session) -> None:
    address = f"/tags/{tag_locator(tag_id(session, bob, 'orders'))}/rename"
    seen = client.page(address).one("input", name="seen")["value"]
    factories.plugin(bob, name="third", tags=("orders",))
    refused = send(client, address, seen=seen, name="Purchases")
    assert refused.status_code == 409
    assert "nothing was renamed" in refused.text
    assert "third" in refused.text
    assert all_tags(session, bob)["orders"] == 3


def test_a_merge_is_shown_for_the_tag_that_stays(client: PageClient, bob: Person, session: Session) -> None:
    one, two = (tag_locator(tag_id(session, bob, name)) for name in ("return", "returns"))
    first = client.page(f"/tags/merge?tag={one}&tag={two}")
    assert first.one("p", id="choose-first")
    assert first.find("input", name="seen") is None
    page = client.page(f"/tags/merge?tag={one}&tag={two}&into={one}")
    seen = page.one("input", name="seen")["value"]
    wrong = send(client, "/tags/merge", tag=[one, two], into=two, seen=seen, keep_alias="y")
    # Both directions touch the same tags, but not the same plugins.
    assert wrong.status_code == 409
    done = send(client, "/tags/merge", tag=[one, two], into=one, seen=seen, keep_alias="y")
    assert done.status_code == 303
    assert tags_of(session, "second") == ["return", "orders", "x"]
    assert "Merged tag returns into return" in client.page(done.headers["Location"]).text


def test_a_tag_is_merged_into_one_that_is_named(client: PageClient, bob: Person, session: Session) -> None:
    service.add_alias(viewer_of(bob), tag_id(session, bob, "orders"), "purchases")
    one = tag_locator(tag_id(session, bob, "return"))
    page = client.page(f"/tags/merge?tag={one}&into=other&other=Purchases")
    assert "return becomes orders" in page.one("p", id="what").text
    assert "1 plugin carries orders already" in page.one("p", id="what").text
    nothing = client.get(f"/tags/merge?tag={one}&into=other&other=nonsense")
    assert "There is no tag nonsense" in nothing.text


def test_a_member_is_told_what_stands_in_the_way(client: PageClient, bob: Person, session: Session) -> None:
    ann = factories.person("ann", of=bob.account)
    factories.plugin(ann, name="mine", tags=("own", "orders"))
    sign_in(client, ann)
    orders = tag_locator(tag_id(session, bob, "orders"))
    page = client.page(f"/tags/{orders}/rename")
    assert "2 plugins of other people carry it" in page.one("div", id="refusal").text
    assert page.one("button", class_="main")["aria-disabled"] == "true"
    seen = page.one("input", name="seen")["value"]
    assert send(client, f"/tags/{orders}/rename", seen=seen, name="ours").status_code == 403
    own = tag_locator(tag_id(session, bob, "own"))
    seen = client.page(f"/tags/{own}/rename").one("input", name="seen")["value"]
    assert send(client, f"/tags/{own}/rename", seen=seen, name="mine").status_code == 303


def test_aliases_are_given_and_taken_on_the_page_of_the_tag(
    client: PageClient, bob: Person, session: Session
) -> None:
    address = f"/tags/{tag_locator(tag_id(session, bob, 'orders'))}/"
    assert send(client, f"{address}aliases", name="Purchases").status_code == 303
    assert "Purchases" in client.page(address).one("section", id="aliases").text
    assert shown(client, "/tags/?show=aliases") == ["orders"]
    assert shown(client, "/tags/?q=purch") == ["orders"]
    refused = send(client, f"{address}aliases", name="x")
    assert refused.status_code == 422
    assert "There is a tag x already." in refused.text
    assert send(client, f"{address}aliases/remove", name="purchases").status_code == 303
    assert aliases(session, bob) == {}


def test_an_alias_filters_by_its_tag_and_says_so(client: PageClient, bob: Person, session: Session) -> None:
    service.add_alias(viewer_of(bob), tag_id(session, bob, "orders"), "Purchases")
    page = client.page("/plugins/?tag=purchases&sort=name")
    assert [link.text for link in page.all("a", class_="name")] == ["first", "second"]
    chip = page.one("span", class_="chip")
    assert "Tag orders, by its alias Purchases" in chip.text
    assert page.one("span", id="count").text == "2 of 2 plugins"
    chosen = [link for link in page.all("a") if link.attrs.get("id", "").startswith("f-tag-")]
    assert [link.text for link in chosen] == ["orders2", "return1", "returns1", "x1"]
    found = client.get("/plugins/tags.json?q=purch").json
    assert found == [{"name": "orders", "count": 2, "alias": "Purchases"}]


def test_an_unused_tag_is_removed(client: PageClient, bob: Person, session: Session) -> None:
    saved = factories.plugin(bob, name="third", tags=("odd",))
    address = f"/tags/{tag_locator(tag_id(session, bob, 'odd'))}/"
    assert send(client, f"{address}remove").status_code == 409
    plugins.update_field(viewer_of(bob), saved.id, 1, "tags", ())
    assert shown(client, "/tags/?show=unused") == ["odd"]
    assert send(client, f"{address}remove").status_code == 303
    assert "odd" not in all_tags(session, bob)


def test_nothing_of_another_account_is_told(client: PageClient, bob: Person, session: Session) -> None:
    eve = factories.person("eve", role="staff")
    factories.plugin(eve, tags=("canary", "return", "returned goods"))
    service.add_alias(viewer_of(eve), tag_id(session, eve, "canary"), "purchases")
    for address in (
        "/tags/",
        "/tags/?view=cloud",
        "/tags/?show=alike",
        "/tags/?q=canary",
        "/tags/?q=purchases",
    ):
        text = client.page(address).one("main").text
        assert "canary" not in text.replace("“canary”", "")
        assert "4 tags" in text
    theirs = tag_locator(tag_id(session, eve, "canary"))
    mine = tag_locator(tag_id(session, bob, "return"))
    unknown = tag_locator(10_000)
    for locator in (theirs, unknown, "tag-nonsense"):
        assert client.get(f"/tags/{locator}/").status_code == 404
        assert client.get(f"/tags/{locator}/rename").status_code == 404
        assert client.get(f"/tags/merge?tag={mine}&tag={locator}").status_code == 404
        assert client.get(f"/r/{locator}").status_code == 404
    assert (
        client.get(f"/tags/merge?tag={mine}&into=other&other=canary").text.count("There is no tag canary")
        == 1
    )
    assert client.get("/plugins/tags.json?q=purch").json == []


def test_the_tags_of_the_platform_are_to_be_looked_at(
    client: PageClient, bob: Person, session: Session
) -> None:
    odette = factories.person("odette", of=factories.platform(), role="staff")
    factories.plugin(odette, tags=("shared",))
    assert shown(client, "/tags/?scope=platform") == ["shared"]
    page = client.page(f"/tags/{tag_locator(tag_id(session, odette, 'shared'))}/")
    assert "tag of the platform" in page.one("main").text
    assert page.find("form", method="post", class_="gap") is None


def test_a_save_says_which_tag_an_alias_became(client: PageClient, bob: Person, session: Session) -> None:
    service.add_alias(viewer_of(bob), tag_id(session, bob, "orders"), "purchases")
    saved = factories.plugin(bob, name="third", tags=("x",))
    address = f"/plugins/{saved.locator}/cell/tags?place=page"
    page = client.page(address)
    done = client.submit(page, {"tags": "x, Purchases"}, path=address, form={"class": "cell-form"})
    assert done.status_code == 303
    assert "Purchases is an alias, so the tag is orders" in toast(client.page(done.headers["Location"])).text
    assert tags_of(session, "third") == ["x", "orders"]
