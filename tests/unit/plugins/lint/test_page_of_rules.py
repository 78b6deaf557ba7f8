"""docs/lint.md lists every rule as it is."""

from __future__ import annotations

from webapp.paths import CHECKOUT
from webapp.plugins.lint import RULES


def test_the_page_lists_every_rule_in_its_order() -> None:
    page = (CHECKOUT / "docs" / "lint.md").read_text()
    listed = [line for line in page.splitlines() if line.startswith("| `")]
    assert listed == [
        f"| `{rule.id}` | {rule.severity} | {rule.about} | {rule.why} {rule.fix} |" for rule in RULES
    ]
