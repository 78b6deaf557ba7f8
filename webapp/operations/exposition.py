"""What was counted, as Prometheus reads it.

Source: Prometheus, "Text-based format", version 0.0.4.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from webapp.core.meters import SECONDS, Family, Samples, families

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


def exposition(samples: Samples) -> str:
    """Return numbers as Prometheus reads them; what no module has declared is left out."""
    lines: list[str] = []
    by_name: dict[str, dict[tuple[str, ...], float]] = defaultdict(dict)
    for (name, labels), value in samples.items():
        by_name[name][labels] = value
    for name, family in sorted(families().items()):
        values = by_name.get(name)
        if not values and family.labels:
            continue
        lines += [f"# HELP {name} {_escaped(family.help)}", f"# TYPE {name} {family.kind}"]
        if family.kind == "histogram":
            lines += _histogram_lines(family, values or {})
            continue
        for labels, value in sorted((values or {(): 0.0}).items()):
            lines.append(f"{name}{_labels(family.labels, labels)} {_number(value)}")
    return "\n".join(lines) + "\n"


def _histogram_lines(family: Family, values: Mapping[tuple[str, ...], float]) -> Iterator[str]:
    grouped: dict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for labels, value in values.items():
        grouped[labels[:-1]][labels[-1]] = value
    for labels, cells in sorted(grouped.items()):
        count = 0.0
        for at, bound in enumerate([*map(_number, SECONDS), "+Inf"]):
            count += cells.get(str(at), 0.0)
            shown = _labels((*family.labels, "le"), (*labels, bound))
            yield f"{family.name}_bucket{shown} {_number(count)}"
        yield f"{family.name}_sum{_labels(family.labels, labels)} {_number(cells.get('sum', 0.0))}"
        yield f"{family.name}_count{_labels(family.labels, labels)} {_number(count)}"


def _labels(names: Iterable[str], values: Iterable[str]) -> str:
    pairs = [f'{name}="{_escaped(value, quote=True)}"' for name, value in zip(names, values, strict=True)]
    return f"{{{','.join(pairs)}}}" if pairs else ""


def _escaped(text: str, *, quote: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quote else text


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
