// Problems in an editor: where they are while the text goes on changing, how they are marked, and their fixes.

import {
  Decoration, EditorView, GutterMarker, RangeSet, StateEffect, StateField, gutterLineClass, setDiagnostics,
} from "../../vendor/codemirror/codemirror.js";

const setProblems = StateEffect.define();

// Columns of the server count characters; here some of them have two parts.
function offset(doc, line, column) {
  const { from, text } = doc.line(Math.min(Math.max(line, 1), doc.lines));
  let at = 0;
  for (let left = column - 1; left > 0 && at < text.length; left -= 1) at += text.codePointAt(at) > 0xffff ? 2 : 1;
  return from + at;
}

function placed(doc, told, id) {
  const from = offset(doc, told.line || 1, told.column || 1);
  const fix = told.fix && {
    label: told.fix.label,
    from: offset(doc, told.fix.line, told.fix.column),
    to: offset(doc, told.fix.endLine, told.fix.endColumn),
    insert: told.fix.text,
  };
  return { ...told, id, from, to: Math.max(from, offset(doc, told.line || 1, told.end || 1)), fix };
}

function moved(problem, changes) {
  const from = changes.mapPos(problem.from, 1);
  const to = Math.max(from, changes.mapPos(problem.to, -1));
  let fix = problem.fix;
  // An edit of what the fix replaces takes the fix away: it was for another text.
  if (fix) fix = changes.touchesRange(fix.from, fix.to) ? null : { ...fix, from: changes.mapPos(fix.from, 1), to: changes.mapPos(fix.to, -1) };
  if (fix && fix.to < fix.from) fix = { ...fix, to: fix.from };
  return { ...problem, from, to, fix };
}

const field = StateField.define({
  create: () => [],
  update(problems, transaction) {
    let now = transaction.docChanged ? problems.map((problem) => moved(problem, transaction.changes)) : problems;
    for (const effect of transaction.effects) if (effect.is(setProblems)) now = effect.value;
    return now;
  },
});

class LineMark extends GutterMarker {
  constructor(severity) {
    super();
    this.elementClass = `cm-has-${severity}`;
  }
}
const marks = { error: new LineMark("error"), notice: new LineMark("notice") };
const tints = { error: Decoration.line({ class: "cm-line-error" }), notice: Decoration.line({ class: "cm-line-notice" }) };

// One mark a line, the worst one.
function byLine(state, mark) {
  const lines = new Map();
  for (const { from, severity, line } of state.field(field)) {
    if (!line) continue;
    const start = state.doc.lineAt(Math.min(from, state.doc.length)).from;
    if (lines.get(start) !== "error") lines.set(start, severity);
  }
  return [...lines].sort(([one], [other]) => one - other).map(([start, severity]) => mark[severity].range(start));
}

/** The extension that keeps problems at their places and marks their lines. */
export const problemMarks = [
  field,
  EditorView.contentAttributes.compute([field], (state) => (state.field(field).some(({ severity }) => severity === "error") ? { "aria-invalid": "true" } : {})),
  EditorView.decorations.compute([field], (state) => Decoration.set(byLine(state, tints))),
  gutterLineClass.compute([field], (state) => RangeSet.of(byLine(state, marks))),
];

/** Makes the edit of a problem's fix; tells whether it still fits the text. */
export function fix(view, id) {
  const wanted = view.state.field(field).find((problem) => problem.id === id)?.fix;
  if (!wanted) return false;
  view.dispatch({
    changes: { from: wanted.from, to: wanted.to, insert: wanted.insert },
    selection: { anchor: wanted.from + wanted.insert.length },
    effects: EditorView.scrollIntoView(wanted.from, { y: "center" }),
    userEvent: "input.fix",
  });
  view.focus();
  return true;
}

/** Puts the cursor where a problem is. */
export function jump(view, id) {
  const problem = view.state.field(field).find((one) => one.id === id);
  if (problem) select(view, problem.from, problem.to);
}

/** Puts the cursor at a line and column as the server counts them. */
export function goTo(view, line, column) {
  const at = offset(view.state.doc, line, column);
  select(view, at, at);
}

function select(view, from, to) {
  view.dispatch({ selection: { anchor: from, head: to }, effects: EditorView.scrollIntoView(from, { y: "center" }) });
  view.focus();
  view.dom.getRootNode().host.scrollIntoView({ block: "nearest" });
}

function explain(problem) {
  const place = document.createElement("div");
  place.append(problem.message);
  if (problem.hint) place.append(" ", Object.assign(document.createElement("span"), { className: "cm-hint", textContent: problem.hint }));
  return place;
}

/** Shows what the server has told about exactly this text; returns the problems with an id each. */
export function showProblems(view, told) {
  const problems = told.map((one, id) => placed(view.state.doc, one, id));
  const diagnostics = problems.filter(({ line }) => line).map((problem) => ({
    from: problem.from,
    to: problem.to,
    severity: problem.severity === "error" ? "error" : "info",
    message: [problem.message, problem.hint].filter(Boolean).join(" "),
    renderMessage: () => explain(problem),
    actions: problem.fix ? [{ name: problem.fix.label, apply: () => fix(view, problem.id) }] : [],
  }));
  view.dispatch({ effects: setProblems.of(problems) });
  view.dispatch(setDiagnostics(view.state, diagnostics));
  return problems;
}
