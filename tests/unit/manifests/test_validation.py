from __future__ import annotations

import copy
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.connections.schema import CONNECTION_MANIFESTS
from webapp.manifests.emit import dump_json, dump_yaml
from webapp.manifests.envelope import Manifest
from webapp.manifests.loader import Source, load_sources
from webapp.manifests.problems import Problem, apply_fix
from webapp.manifests.validation import schemas_by_kind, validate
from webapp.plugins.schema import PLUGIN_MANIFESTS

SCHEMAS = schemas_by_kind([*PLUGIN_MANIFESTS, *CONNECTION_MANIFESTS])

PLUGIN: dict[str, Any] = {
    "apiVersion": "smarter.sh/v1",
    "kind": "Plugin",
    "metadata": {"name": "tea_guide", "pluginClass": "static", "version": "1.0.0", "tags": ["tea"]},
    "spec": {
        "selector": {"directive": "search_terms", "searchTerms": ["oolong"]},
        "prompt": {"systemRole": "You know tea.", "maxTokens": 256, "temperature": 0.5},
        "data": {"staticData": {"green": {"minutes": 2}}},
    },
}


def check(text: str) -> tuple[list[Manifest | None], list[Problem]]:
    loaded = load_sources([Source("x.yaml", text)])
    found = list(loaded.problems)
    models = []
    for document in loaded.documents:
        model, problems = validate(document, SCHEMAS)
        models.append(model)
        found += problems
    return models, found


def with_(path: str, value: Any = ...) -> dict[str, Any]:
    """Return the plugin with one field changed, or without it."""
    changed = copy.deepcopy(PLUGIN)
    *parents, key = path.split(".")
    place = changed
    for parent in parents:
        place = place[parent]
    if value is ...:
        del place[key]
    else:
        place[key] = value
    return changed


def fixed(text: str) -> str:
    """Return the text after all fixes on offer were made, one at a time as a person would."""
    for _ in range(20):
        fix = next((problem.fix for problem in check(text)[1] if problem.fix), None)
        if fix is None:
            return text
        text = apply_fix(text, fix)
    raise AssertionError("the fixes never end")


def test_a_good_manifest_has_a_model_and_no_problems() -> None:
    for text in (dump_yaml(PLUGIN), dump_json(PLUGIN)):
        models, problems = check(text)
        assert not problems
        assert models[0] is not None
        assert models[0].metadata.name == "tea_guide"


def test_everything_is_reported_at_once_in_order_with_places_and_fixes() -> None:
    text = """\
apiVersion: smarter.sh/v1
kind: Plugin
metadata:
  name: tea_guide
  pluginClass: static
  version: 1.10
  tag:
    - tea
spec:
  selector:
    directive: Search_Terms
    searchTerms: [oolong, 2024]
  prompt:
    systemRole: You know tea.
    maxTokens: lots
    temperature: "0.5"
  data:
    staticData: green
"""
    problems = check(text)[1]
    assert [
        (item.line, item.column, item.path, item.fix.label if item.fix else None) for item in problems
    ] == [
        (6, 12, "metadata.version", 'Write "1.10.0"'),
        (7, 3, "metadata.tag", "Rename to tags"),
        (11, 16, "spec.selector.directive", "Write search_terms"),
        (12, 27, "spec.selector.searchTerms[1]", 'Write "2024"'),
        (15, 16, "spec.prompt.maxTokens", None),
        (16, 18, "spec.prompt.temperature", "Write 0.5"),
        (18, 17, "spec.data.staticData", None),
    ]
    assert problems[0].message == "This is read as the number 1.1."
    assert problems[0].hint == "Quote it and give it three parts."
    assert problems[1].message == "tag is not a field."
    assert problems[1].hint == "Did you mean tags?"
    assert [item.path for item in check(fixed(text))[1]] == ["spec.prompt.maxTokens", "spec.data.staticData"]


@pytest.mark.parametrize(
    ("manifest", "path", "words", "mended"),
    [
        (with_("apiVersion"), "apiVersion", "apiVersion is missing.", True),
        (with_("apiVersion", "v1"), "apiVersion", "format is not known", True),
        (with_("kind"), "kind", "kind is missing.", False),
        (with_("kind", "Plugn"), "kind", "This kind is not known.", True),
        (with_("kind", "Account"), "kind", "managed by the platform", False),
        (with_("kind", "Zebra"), "kind", "This kind is not known.", False),
        (with_("metadata"), "metadata", "metadata is missing.", False),
        (with_("metadata", "x"), "metadata", "A map of fields is expected here.", False),
        (with_("metadata.pluginClass"), "metadata.pluginClass", "pluginClass is missing.", True),
        (
            with_("metadata.pluginClass", "sql"),
            "metadata.pluginClass",
            "A Plugin has the class static.",
            True,
        ),
        (with_("metadata.name"), "metadata.name", "name is missing.", False),
        (with_("metadata.name", ""), "metadata.name", "Give it a name.", False),
        (with_("metadata.name", "\u65e5\u672c\u8a9e"), "metadata.name", "lower-case words", False),
        (with_("metadata.name", "x" * 65), "metadata.name", "at most 64 characters", True),
        (with_("metadata.version", 1.1), "metadata.version", "read as the number 1.1", True),
        (with_("metadata.version", 2), "metadata.version", "read as the whole number 2", True),
        (with_("metadata.version", "0.3"), "metadata.version", "three numbers", True),
        (with_("metadata.version", "v1.2"), "metadata.version", "three numbers", True),
        (with_("metadata.version", "new"), "metadata.version", "three numbers", False),
        (with_("metadata.version", True), "metadata.version", "read as true or false", False),
        (with_("metadata.description", 2024), "metadata.description", "read as the number 2024", True),
        (with_("metadata.description", ["x"]), "metadata.description", "not a list", False),
        (with_("metadata.description", "x" * 10_001), "metadata.description", "10,000", False),
        (with_("metadata.tags", "tea"), "metadata.tags", "A list is expected here.", False),
        (with_("metadata.tags", ["a,b"]), "metadata.tags[0]", "commas", False),
        (with_("metadata.tags", ["a", None]), "metadata.tags[1]", "This is empty", False),
        (with_("metadata.annotations", ["x"]), "metadata.annotations[0]", "a key and a value", False),
        (with_("metadata.annotations", [{"a": None}]), "metadata.annotations[0].a", "a value", False),
        (
            with_("metadata.annotations", {"a.b/c": {"d.e": ["x", {"f": "y" * 3000}]}}),
            'metadata.annotations["a.b/c"]["d.e"][1].f',
            "2,048",
            False,
        ),
        (with_("metadata.owner", "me"), "metadata.owner", "owner is not a field.", False),
        (with_("spec", None), "spec", "A map of fields", False),
        (with_("spec.prompt"), "spec.prompt", "prompt is missing.", False),
        (with_("spec.prompt", {"system_role": "x"}), "spec.prompt.system_role", "not a field", True),
        (with_("spec.prompt.systemRole"), "spec.prompt.systemRole", "systemRole is missing.", False),
        (with_("spec.prompt.maxTokens", 256.0), "spec.prompt.maxTokens", "A whole number", True),
        (with_("spec.prompt.maxTokens", 0), "spec.prompt.maxTokens", "from 1 to 1,000,000", False),
        (with_("spec.prompt.temperature", 1.5), "spec.prompt.temperature", "from 0 to 1", False),
        (with_("spec.prompt.temperature", True), "spec.prompt.temperature", "A number is expected", False),
        (with_("spec.selector.searchTerms"), "spec.selector", "searchTerms is missing", False),
        (with_("specs", 1), "specs", "specs is not a field.", False),
    ],
)
@pytest.mark.parametrize("dump", [dump_yaml, dump_json])
def test_a_mistake_is_named_and_mended(
    dump: Any, manifest: dict[str, Any], path: str, words: str, mended: bool
) -> None:
    text = dump(manifest)
    models, problems = check(text)
    assert models == [None]
    assert [problem.path for problem in problems] == [path]
    assert words in problems[0].message
    assert problems[0].line > 0
    assert (problems[0].fix is not None) == mended
    if mended:
        assert check(fixed(text))[0] != [None]


@pytest.mark.parametrize(
    ("manifest", "path", "message"),
    [
        (with_("kind", "plugin"), "kind", "The kind is written Plugin."),
        (with_("metadata.name", "Tea Guide"), "metadata.name", "The name is stored as tea_guide."),
        (with_("metadata.name", "teaGuide"), "metadata.name", "The name is stored as tea_guide."),
        (with_("metadata.name", "th\xe9-guide"), "metadata.name", "The name is stored as the_guide."),
        (
            with_("spec.selector.directive", "always"),
            "spec.selector.searchTerms",
            "Search terms are kept but have no effect while the directive is always.",
        ),
    ],
)
def test_a_notice_does_not_refuse(manifest: dict[str, Any], path: str, message: str) -> None:
    text = dump_yaml(manifest)
    models, problems = check(text)
    assert models[0] is not None
    assert [(item.path, item.message, item.severity) for item in problems] == [(path, message, "notice")]
    assert not any(problem.fix for problem in check(fixed(text))[1])


@pytest.mark.parametrize(
    "manifest",
    [
        with_("apiVersion", "smarter.sh/v0"),
        with_("kind", "StaticPlugin"),
        with_("status", {"recordLocator": "x", "created": 1}),
        with_("metadata.version", None),
        with_("metadata.tags", None),
        with_("metadata.annotations", {"team": "tea", "a/b": [1, {"c": True}]}),
        with_("spec.selector", None),
        with_("spec.prompt", None),
        with_("spec.data", None),
        with_("metadata.name", "2_teas"),
    ],
)
def test_what_is_accepted_without_a_word(manifest: dict[str, Any]) -> None:
    models, problems = check(dump_yaml(manifest))
    assert models[0] is not None
    assert not problems


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("just some words", "This is plain text, not a manifest."),
        ("- a\n- b\n", "This is a list, not a manifest."),
        ("42", "This is a single value, not a manifest."),
        ("null", "This is a single value, not a manifest."),
        (
            json.dumps({"id": 1, "meta_data": {"name": "X"}, "plugin_data": {}}),
            "the shape that plugins had before",
        ),
    ],
)
def test_what_is_no_manifest_has_one_clear_reason(text: str, words: str) -> None:
    models, problems = check(text)
    assert models == [None]
    assert len(problems) == 1
    assert words in problems[0].message
    assert problems[0].hint


def test_an_unreadable_document_is_not_judged_twice() -> None:
    models, problems = check("a: b: c")
    assert models == [None]
    assert len(problems) == 1


def test_a_value_that_the_loader_refused_is_not_reported_twice() -> None:
    text = dump_yaml(PLUGIN).replace("temperature: 0.5", "temperature: .inf")
    models, problems = check(text)
    assert models == [None]
    assert [problem.message for problem in problems] == [".inf is not a number that can be stored."]


def test_a_flaw_in_the_text_refuses_a_document_that_is_otherwise_good() -> None:
    models, problems = check(dump_yaml(PLUGIN) + "kind: Plugin\n")
    assert len(problems) == 1
    assert "written twice" in problems[0].message
    assert models[0] is not None  # The loader's problem refuses it: whoever applies looks at both lists.


def test_problems_name_their_document_and_the_line_in_the_file() -> None:
    text = f"---\n{dump_yaml(PLUGIN)}---\n{dump_yaml(with_('metadata.version', 2))}"
    problem = check(text)[1][0]
    assert (problem.document, problem.source) == (2, "x.yaml")
    assert text.splitlines()[problem.line - 1] == "  version: 2"


def test_a_manifest_in_a_list_has_its_problems_in_place() -> None:
    text = dump_json([PLUGIN, with_("metadata.version", 2)])
    models, problems = check(text)
    assert models[0] is not None
    assert '"version": 2' in text.splitlines()[problems[0].line - 1]
    assert problems[0].path == "metadata.version"
    assert problems[0].fix is not None
    assert not check(apply_fix(text, problems[0].fix))[1]


def test_many_problems_are_cut_with_a_count() -> None:
    problems = check(dump_yaml(with_("metadata.tags", list(range(500)))))[1]
    assert len(problems) == 101
    assert any("400 more problems" in problem.message for problem in problems)


def test_two_thousand_documents_are_checked_in_seconds() -> None:
    text = f"---\n{dump_yaml(PLUGIN)}" * 2000
    started = time.process_time()
    models, problems = check(text)
    assert time.process_time() - started < 60  # About one second of work.
    assert len(models) == 2000
    assert not problems


junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(0, 2), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
KINDS = ["Plugin", "SqlPlugin", "ApiPlugin", "SqlConnection", "ApiConnection", "Secret"]
PATHS = [
    "kind", "apiVersion", "metadata", "metadata.name", "metadata.version", "metadata.tags", "metadata.annotations",
    "metadata.description", "metadata.pluginClass", "metadata.extra", "spec", "spec.selector", "spec.selector.directive",
    "spec.selector.searchTerms", "spec.prompt", "spec.prompt.temperature", "spec.data", "spec.data.staticData",
    "spec.connection", "spec.sqlData", "spec.apiData", "spec.config",
]  # fmt: skip


@given(st.sampled_from(KINDS), st.dictionaries(st.sampled_from(PATHS), junk, max_size=4))
def test_no_data_makes_the_validation_raise(kind: str, changed: dict[str, Any]) -> None:
    manifest = copy.deepcopy(PLUGIN)
    manifest["kind"] = kind
    for path, value in changed.items():
        place: Any = manifest
        *parents, key = path.split(".")
        for parent in parents:
            place = place.get(parent) if isinstance(place, dict) else None
        if isinstance(place, dict):
            place[key] = value
    text = dump_yaml(manifest)
    for problem in check(text)[1]:
        assert problem.line > 0
        assert problem.message
        if problem.fix is not None:
            apply_fix(text, problem.fix)
