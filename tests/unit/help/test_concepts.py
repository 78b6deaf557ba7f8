"""The help says what is so: its examples are accepted by the code that they are about."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.factories import ENCRYPTION_KEY
from webapp.app import manifest_kinds
from webapp.connections.crypto import Vault
from webapp.core.locators import parse_locator
from webapp.help.concepts import CONCEPTS, Concept, find_concept, get_concept, neighbours
from webapp.help.examples import LOCATOR, PLUGIN, SELECTOR
from webapp.manifests.loader import load_sources
from webapp.manifests.sources import Source
from webapp.manifests.validation import validate
from webapp.paths import CHECKOUT
from webapp.plugins.readiness import judge
from webapp.plugins.schema import PluginManifest, to_values

KINDS = manifest_kinds(Vault((ENCRYPTION_KEY,)))
WORDS = {
    *("plugin", "class", "selector", "prompt", "data", "connection"),
    *("secret", "manifest", "locator", "tag", "annotation", "revision"),
}
TEMPLATES = CHECKOUT / "templates"
LINK = re.compile(r"\b(?:help_link\(|see\(|facet\(group, )\"(\w+)\"")


def merged(base: Any, part: Any) -> Any:
    if isinstance(base, dict) and isinstance(part, dict):
        return base | {key: merged(base.get(key), value) for key, value in part.items()}
    return part


def check(text: str) -> list[Any]:
    """Return the models of every document; fail on any problem, notices too."""
    loaded = load_sources([Source("example.yaml", text.encode())])
    assert not loaded.problems
    models = []
    for document in loaded.documents:
        model, problems = validate(document, KINDS.schemas())
        assert not problems, [problem.message for problem in problems]
        assert model is not None
        models.append(model)
    return models


@pytest.mark.parametrize(
    "concept", [item for item in CONCEPTS if item.example.kind], ids=lambda item: item.word
)
def test_an_example_is_accepted_as_a_manifest(concept: Concept) -> None:
    """A part of a manifest is put into the small example of its kind, where it takes the place of what is there."""
    example = concept.example
    text = example.text
    if not text.startswith("apiVersion"):
        whole = yaml.safe_load(KINDS.get(example.kind).example)
        text = yaml.safe_dump(merged(whole, yaml.safe_load(text)), sort_keys=False)
    assert check(text)


def test_the_whole_plugin_of_the_help_is_ready() -> None:
    (model,) = check(PLUGIN.text)
    assert isinstance(model, PluginManifest)
    assert judge(to_values(model), None).state == "ready"


def test_the_selector_of_the_help_has_no_warnings() -> None:
    whole = merged(yaml.safe_load(PLUGIN.text), yaml.safe_load(SELECTOR.text))
    (model,) = check(yaml.safe_dump(whole, sort_keys=False))
    assert judge(to_values(model), None).state == "ready"


def test_the_locator_of_the_help_decodes() -> None:
    assert parse_locator(LOCATOR.text.strip(), "pluginmeta") == 123


def test_every_concept_is_there_once() -> None:
    assert [concept.word for concept in CONCEPTS] == sorted(
        WORDS, key=[concept.word for concept in CONCEPTS].index
    )
    assert len({concept.line for concept in CONCEPTS}) == len(WORDS)
    for concept in CONCEPTS:
        assert re.fullmatch(r"What is [a-z ]+\?", concept.question)
        assert concept.line.endswith(".")
        assert len(concept.line) < 110


def test_one_concept_leads_to_the_next() -> None:
    walked = [CONCEPTS[0]]
    while (following := neighbours(walked[-1])[1]) is not None:
        assert neighbours(following)[0] is walked[-1]
        walked.append(following)
    assert tuple(walked) == CONCEPTS
    assert neighbours(CONCEPTS[0])[0] is None


def test_a_word_without_a_page_is_none_for_people_and_a_mistake_in_a_template() -> None:
    assert find_concept("plugin") is CONCEPTS[0]
    assert find_concept("nonsense") is None
    with pytest.raises(KeyError):
        get_concept("nonsense")


def test_every_link_to_the_help_names_a_concept_and_every_concept_is_linked_from_the_console() -> None:
    linked: set[str] = set()
    for path in TEMPLATES.rglob("*.html"):
        found = set(LINK.findall(path.read_text()))
        assert found <= WORDS, path
        if "help" not in path.parts:
            linked |= found
    assert linked >= WORDS
