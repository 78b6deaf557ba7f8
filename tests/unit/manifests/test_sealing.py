"""Secret values on their way through a page: masked where they are shown, sealed where they travel."""

from __future__ import annotations

import json

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from webapp.connections.crypto import Vault
from webapp.connections.schema import CONNECTION_MANIFESTS
from webapp.manifests.emit import double_quoted
from webapp.manifests.loader import LoadedDocument, Source, load_sources
from webapp.manifests.sealing import conceal, mask_comments, mask_loosely, mask_text, restore, seal, unseal
from webapp.manifests.validation import schemas_by_kind

SCHEMAS = schemas_by_kind(CONNECTION_MANIFESTS)
VAULT = Vault([Fernet.generate_key().decode()])
CANARY = "canary-value"


def secret(value: str, *, name: str = "key", kind: str = "Secret") -> str:
    return f"kind: {kind}\nmetadata:\n  name: {name}\nspec:\n  config:\n    value: {value}\n    expiration_date: 2030-01-01\n"


def load(text: str) -> list[LoadedDocument]:
    return load_sources([Source("a", text)]).documents


def masked(text: str) -> str:
    return mask_text(text, load(text), SCHEMAS)


@pytest.mark.parametrize(
    "value",
    [
        CANARY,
        f'"{CANARY}"',
        f"'{CANARY}'",
        f"{CANARY} and\n      {CANARY} more",
        f"|\n      {CANARY}\n\n      {CANARY}\n",
        f">-\n      {CANARY}\n      {CANARY}",
        f"[{CANARY}, {CANARY}]",
        f"{{a: {CANARY}}}",
    ],
)
@pytest.mark.parametrize("kind", ["Secret", "secret", "Secert"])
def test_a_value_is_masked_however_it_is_written_and_no_line_moves(value: str, kind: str) -> None:
    text = "a: 1\n---\n" + secret(value, kind=kind) + "---\n" + secret("********", name="other")
    shown = masked(text)
    assert CANARY not in shown
    assert shown.count("\n") == text.count("\n")
    assert shown.splitlines()[-1] == "    expiration_date: 2030-01-01"
    assert masked(shown) == shown


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_text_that_is_kept_holds_no_comment_beside_a_value(end: str) -> None:
    lines = secret("now # until May").splitlines()
    lines[5:5] = [f"    # value: {CANARY}", "    # value: |", f"    #   {CANARY}"]
    lines += [f"#{CANARY}", "#", "---"]
    text = end.join(
        ["# kept", "kind: Other # kept", "---", "# kept", *lines, "# kept", "kind: Other", "a: b#c"]
    )
    shown = masked(text)
    kept = mask_comments(shown, load(text), SCHEMAS)
    assert CANARY not in kept and "until May" not in kept
    assert kept.count("# kept") == 4 and kept.count('"********"') == 1 and kept.endswith("a: b#c")
    assert [line.partition("#")[0] for line in kept.split(end)] == [
        line.partition("#")[0] for line in shown.split(end)
    ]
    # Whoever sent it gets it back as it was typed.
    assert shown.count(CANARY) == 3


def test_a_secret_in_a_list_of_manifests_keeps_no_comment() -> None:
    item = '{"kind": "Secret", "apiVersion": "smarter.sh/v1", "metadata": {"name": "%s"}, "spec": {"config": {"value": "x"}}}'
    text = f"[{item % 'a'}, # {CANARY}\n{item % 'b'} # {CANARY}\n]"
    documents = load(text)
    assert len(documents) == 2
    assert CANARY not in mask_comments(masked(text), documents, SCHEMAS)


@pytest.mark.parametrize("value", [f"*{CANARY}", f"!{CANARY}", f"!{CANARY} and more", f"!!{CANARY}"])
@pytest.mark.parametrize("rest", ["", "    broken: [1\n"])
def test_a_problem_quotes_no_value_that_looks_like_a_tag_or_an_alias(value: str, rest: str) -> None:
    loaded = load_sources([Source("a", secret(value) + rest)])
    assert loaded.problems
    found = conceal(loaded.problems, loaded.documents[0], SCHEMAS)
    assert len(found) == len(loaded.problems)
    assert CANARY not in repr([(problem.message, problem.hint) for problem in found])
    # Elsewhere it is no secret, and the name helps to find it.
    other = load_sources([Source("a", f"kind: Plugin\nspec: {value}\n")])
    assert CANARY in repr(conceal(other.problems, other.documents[0], SCHEMAS))


def test_several_documents_of_one_text_are_masked() -> None:
    both = secret(CANARY) + "--- " + "\n" + secret(CANARY, name="other")
    assert masked(both).count('"********"') == 2


def test_a_list_of_json_manifests_is_masked() -> None:
    item = {"kind": "Secret", "metadata": {"name": "key"}, "spec": {"config": {"value": CANARY}}}
    text = json.dumps([item, {**item, "metadata": {"name": "other"}}])
    shown = masked(text)
    assert CANARY not in shown
    assert json.loads(shown)[1]["spec"]["config"]["value"] == "********"


def test_other_kinds_keep_their_text() -> None:
    text = secret(CANARY, kind="Plugin")
    assert masked(text) == text


@pytest.mark.parametrize(
    "broken",
    [
        secret(CANARY) + "x: [",
        secret(f"|\n      {CANARY}\n      {CANARY}") + "y: 'open",
        f'{{"kind": "Secret", "x": 1\n"value": "{CANARY}",',
        secret(CANARY).replace("kind: Secret", "kind:   'Secret'") + "\t-",
        secret(f"\n      {CANARY}") + "x: [",
        secret(CANARY, kind="Secert") + "x: [",
        secret(CANARY).replace("    value:", "    ? value\n    :") + "x: [",
        secret(CANARY).replace("value:", "vlaue:") + "x: [",
        secret(CANARY).replace("\n", "\r") + "x: [",
        f'{{"kind": "Secret", "spec": {{"config": {{\n"value":\n"{CANARY}",',
    ],
)
def test_what_looks_like_a_value_is_masked_in_a_text_that_cannot_be_read(broken: str) -> None:
    shown = mask_loosely(broken, SCHEMAS)
    assert CANARY not in shown
    assert shown.count("\n") == broken.count("\n")


def test_only_documents_that_say_they_are_secrets_are_masked() -> None:
    plugin = "kind: Plugin\nheaders:\n  - name: a\n    value: kept\nx: [\n"
    text = plugin + "---\n" + secret(CANARY) + "---\n" + plugin
    shown = mask_loosely(text, SCHEMAS)
    assert shown.count(plugin) == 2
    assert CANARY not in shown


def test_a_text_without_a_secret_is_shown_as_it_is() -> None:
    assert mask_loosely("kind: Plugin\nvalue: 3\nx: [", SCHEMAS) == "kind: Plugin\nvalue: 3\nx: ["


@pytest.mark.parametrize(
    "spec",
    [
        f"  config:\n    value: first\n    value: {CANARY}\n",
        f"  config:\n    value: first\n  config:\n    value: {CANARY}\n",
        f"  value: {CANARY}\n",
        f"  config:\n    vlaue: {CANARY}\n",
        f"  config: {CANARY}\n",
        f"  config:\n    ? value\n    : {CANARY}\n",
        f"  config:\n    ? [a]\n    : {CANARY}\n",
        f"  config: {{value: [[{CANARY}], {{a: {CANARY}}}]}}\n",
        "  config:\n    value: 91377381913773819137738191377381913773819\n",
    ],
)
def test_a_value_in_the_wrong_place_is_masked_as_well(spec: str) -> None:
    shown = masked(f"kind: Secret\nmetadata:\n  name: key\nspec:\n{spec}")
    assert CANARY not in shown
    assert "9137738" not in shown
    assert shown.startswith("kind: Secret\nmetadata:\n  name: key\nspec:\n")


def test_an_empty_value_stays_empty() -> None:
    assert masked(secret("")) == secret("")


@given(st.text(min_size=1).filter(lambda text: text.strip("*") and "\0" not in text))
def test_a_sealed_value_is_restored_in_place_of_its_mask(value: str) -> None:
    value = value.encode("utf-8", "replace").decode()
    text = secret(double_quoted(value), name="MyKey")
    documents = load(text)
    if not documents[0].readable:
        return
    held = unseal(seal(documents, SCHEMAS, VAULT, "7"), VAULT, "7")
    assert held == {("Secret", "my_key", "spec.config.value"): value}
    again = [restore(document, SCHEMAS, held) for document in load(masked(text))]
    assert again[0].data == documents[0].data


def test_a_seal_shows_nothing_and_is_bound_to_a_person() -> None:
    token = seal(load(secret(CANARY)), SCHEMAS, VAULT, "7")
    assert CANARY not in token
    assert unseal(token, VAULT, "8") == {}


@pytest.mark.parametrize(
    "token",
    ["", "x", "gAAAAA", "\ud800", VAULT.encrypt("[]").decode(), VAULT.encrypt("{}").decode()],
    ids=[
        "empty",
        "a letter",
        "a beginning",
        "a surrogate",
        "a list",
        "a map",
    ],  # Two test processes agree on them.
)
def test_a_seal_that_is_not_ours_holds_nothing(token: str) -> None:
    assert unseal(token, VAULT, "7") == {}


def test_without_secrets_there_is_no_seal() -> None:
    assert seal(load(secret("********") + "---\na: 1\n"), SCHEMAS, VAULT, "7") == ""


def test_only_a_mask_is_replaced() -> None:
    held = {("Secret", "key", "spec.config.value"): CANARY}
    for text in (secret("new"), secret("********", name="other"), "kind: Secret\n", "a text", "[1]"):
        document = load(text)[0]
        assert restore(document, SCHEMAS, held) is document
