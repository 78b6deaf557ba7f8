"""A page names every module that its own modules import."""

from __future__ import annotations

from pathlib import Path

from webapp.paths import resource_dir
from webapp.web.assets import imported_modules, module_urls


def test_modules_are_found_through_others_and_through_lines(tmp_path: Path) -> None:
    (tmp_path / "js" / "parts").mkdir(parents=True)
    (tmp_path / "js" / "app.js").write_text('import { a,\n  b } from "./a.js";\nimport "./parts/c.js";\n')
    (tmp_path / "js" / "a.js").write_text(
        'import "./app.js";\nexport const a = 1, b = "import \'./no.js\'";\n'
    )
    (tmp_path / "js" / "parts" / "c.js").write_text('export { a } from "../a.js";\nimport "./d.js";\n')
    (tmp_path / "js" / "parts" / "d.js").write_text("")
    assert imported_modules(tmp_path, "js/app.js") == ("js/a.js", "js/parts/c.js", "js/parts/d.js")


def test_what_a_page_has_anyhow_is_not_named_again() -> None:
    urls = module_urls(resource_dir("static"), "b1")
    app, editor = urls("js/app.js"), urls("js/editor.js", "js/app.js")
    assert "/static/b1/js/page.js" in app
    assert "/static/b1/vendor/codemirror/codemirror.js" in editor
    assert set(app) & set(editor) == set()
