"""How large a change of a plugin is for whoever calls it, by the rules in docs/manifests.md. Pure.

What breaks a caller is major: the tool loses something or asks for more. What a caller may use from now on, and what
changes which answer they get, is minor. Words are patches.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from webapp.manifests.judgement import Reason
from webapp.manifests.merge import spelled
from webapp.plugins.values import ApiData, Parameter, PluginData, PluginValues, SqlData, StaticData

_CLASSES = {"static": "static", "sql": "SQL", "api": "API"}
_MINOR = {
    "connection": "it uses another connection",
    "endpoint": "it calls another endpoint",
    "method": "it calls with another method",
    "limit": "the limit is another one",
}
_WORDS = {
    "sql_query": "the query is another one",
    "url_params": "the URL parameters differ",
    "headers": "the headers differ",
    "body": "the body differs",
    "description": "the text about the data differs",
    "test_values": "the test values differ",
}


def weigh(before: PluginValues, after: PluginValues) -> Iterator[Reason]:
    """Yield every part of a change with its size; the version itself is none."""
    for name in ("description", "tags", "annotations"):
        if _differs(getattr(before, name), getattr(after, name)):
            yield Reason("patch", f"the {name} {'differs' if name == 'description' else 'differ'}")
    yield from _selector(before, after)
    yield from _prompt(before, after)
    if before.plugin_class != after.plugin_class:
        old, new = _CLASSES[before.plugin_class], _CLASSES[after.plugin_class]
        yield Reason("major", f"the class changes from {old} to {new}")
    elif before.data is None or after.data is None:
        if after.data is not None:
            yield Reason("minor", "the data is new")
        elif before.data is not None:
            yield Reason("major", "the data is removed")
    elif isinstance(before.data, StaticData) and isinstance(after.data, StaticData):
        yield from _static(before.data, after.data)
    else:
        yield from _call(before.data, after.data)


def _selector(before: PluginValues, after: PluginValues) -> Iterator[Reason]:
    old, new = before.selector, after.selector
    if old is None or new is None:
        if new is not None:
            yield Reason("minor", "the selector is new")
        elif old is not None:
            yield Reason("major", "the selector is removed")
    elif old != new:
        yield Reason("minor", "it is selected for other prompts")


def _prompt(before: PluginValues, after: PluginValues) -> Iterator[Reason]:
    old, new = before.prompt, after.prompt
    if old is None or new is None:
        if new is not None:
            yield Reason("minor", "the prompt is new")
        elif old is not None:
            yield Reason("major", "the prompt is removed")
        return
    if (old.provider, old.model) != (new.provider, new.model):
        yield Reason("minor", "another model is used")
    if (old.temperature, old.max_tokens) != (new.temperature, new.max_tokens):
        yield Reason("patch", "the settings of the model differ")
    if old.system_role != new.system_role:
        yield Reason("patch", "the system role differs")


def _static(before: StaticData, after: StaticData) -> Iterator[Reason]:
    if before.description != after.description:
        yield Reason("patch", _WORDS["description"])
    old, new = before.static_data, after.static_data
    if not isinstance(old, Mapping) or not isinstance(new, Mapping):
        if type(old) is not type(new):
            yield Reason("major", "the data has another shape")
        elif _differs(old, new):
            yield Reason("patch", "the data says something else")
        return
    gone = [key for key in old if key not in new]
    added = [key for key in new if key not in old]
    yield from (Reason("major", f"{_shown(key)} is removed from the data") for key in gone)
    yield from (Reason("minor", f"{_shown(key)} is new in the data") for key in added)
    if any(_differs(value, new[key]) for key, value in old.items() if key in new):
        yield Reason("patch", "the data says something else")
    elif not gone and not added and list(old) != list(new):
        yield Reason("patch", "the order of the data differs")


def _call(before: PluginData, after: PluginData) -> Iterator[Reason]:
    assert isinstance(before, SqlData | ApiData)
    assert isinstance(after, SqlData | ApiData)
    for name, text in {**_MINOR, **_WORDS}.items():
        if _differs(getattr(before, name, None), getattr(after, name, None)):
            yield Reason("minor" if name in _MINOR else "patch", text)
    yield from _parameters(before.parameters, after.parameters)


def _parameters(before: Sequence[Parameter], after: Sequence[Parameter]) -> Iterator[Reason]:
    old, new = ({item.name: item for item in items} for items in (before, after))
    for name, parameter in old.items():
        if name not in new:
            yield Reason("major", f"the parameter {_shown(name)} is removed")
        else:
            yield from _parameter(parameter, new[name])
    for name, parameter in new.items():
        if name not in old and parameter.required:
            yield Reason("major", f"the parameter {_shown(name)} is new and required")
        elif name not in old:
            yield Reason("minor", f"the parameter {_shown(name)} is new")
    common = [name for name in old if name in new]
    if common != [name for name in new if name in old]:
        yield Reason("patch", "the order of the parameters differs")


def _parameter(old: Parameter, new: Parameter) -> Iterator[Reason]:
    name = f"the parameter {_shown(old.name)}"
    if old.type != new.type:
        yield Reason("major", f"{name} changes from {old.type} to {new.type}")
    if new.required and not old.required:
        yield Reason("major", f"{name} is required now")
    elif old.required and not new.required:
        yield Reason("minor", f"{name} is optional now")
    if old.enum != new.enum:
        narrower = new.enum is not None and (old.enum is None or not set(old.enum) <= set(new.enum))
        yield Reason(
            "major" if narrower else "minor", f"{name} takes {'fewer' if narrower else 'more'} values"
        )
    if _differs(old.default, new.default):
        yield Reason("minor", f"{name} has another default")
    if old.description != new.description:
        yield Reason("patch", f"the description of {name} differs")


def _differs(before: Any, after: Any) -> bool:
    return before != after or spelled(_plain(before)) != spelled(_plain(after))


def _plain(value: Any) -> Any:
    # Lists of typed entries differ or not by their fields; what JSON can write is compared as it is written.
    return repr(value) if isinstance(value, tuple) else value


def _shown(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:39]}…"
