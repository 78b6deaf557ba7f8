"""Finding the demo manifests: the order in which they load, and the ages they are given."""

from pathlib import Path

from webapp.demo.files import MANIFESTS, DemoFile, list_manifest_files
from webapp.demo.people import ACCOUNTS, PEOPLE


def test_every_yaml_file_of_the_folder_is_listed_once() -> None:
    listed = [file.path for file in list_manifest_files()]
    assert sorted(listed) == sorted(MANIFESTS.rglob("*.yaml"))
    assert len(set(listed)) == len(listed)
    assert {path.suffix for path in MANIFESTS.rglob("*") if path.is_file()} == {".yaml"}


def test_the_order_is_the_same_every_time() -> None:
    assert list_manifest_files() == list_manifest_files()


def test_secrets_come_before_connections_and_connections_before_plugins() -> None:
    names = [file.path.name for file in list_manifest_files()]
    kinds = [{"secrets.yaml": 0, "connections.yaml": 1}.get(name, 2) for name in names]
    assert kinds == sorted(kinds)
    assert set(kinds) == {0, 1, 2}


def test_plugins_are_sorted_by_account_then_person_then_file_name() -> None:
    accounts = [account.number for account in ACCOUNTS]
    people = [person.username for person in PEOPLE]
    places = [
        (accounts.index(file.account_number), people.index(file.username), file.path.name)
        for file in list_manifest_files()
        if file.holds_plugins
    ]
    assert places == sorted(places)


def test_every_folder_belongs_to_a_person_of_that_account() -> None:
    homes = {(person.account_number, person.username) for person in PEOPLE}
    assert {(file.account_number, file.username) for file in list_manifest_files()} <= homes


def test_ages_vary_and_do_not_depend_on_where_the_checkout_is() -> None:
    files = [file for file in list_manifest_files() if file.holds_plugins]
    ages = [file.age_days for file in files]
    assert len(set(ages)) > len(ages) // 2
    assert min(ages) >= 1
    assert min(ages) < 30
    assert max(ages) > 180
    elsewhere = DemoFile(files[0].account_number, files[0].username, Path("/elsewhere") / files[0].path.name)
    assert elsewhere.age_days == files[0].age_days


def test_what_plugins_refer_to_is_older_than_every_plugin() -> None:
    files = list_manifest_files()
    youngest_base = min(file.age_days for file in files if not file.holds_plugins)
    oldest_plugin = max(file.age_days for file in files if file.holds_plugins)
    assert youngest_base > oldest_plugin
