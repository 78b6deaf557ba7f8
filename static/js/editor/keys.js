// What typing does in the editor beyond the usual: a new line stands where YAML goes on, Tab indents, Escape frees it.

import { EditorView, acceptCompletion, indentLess, indentMore } from "../../vendor/codemirror/codemirror.js";

const LEAVES = 2000;

// After a key without a value, or with the mark of a block of text, what belongs to it stands further right.
function newLine(view) {
  const { state } = view;
  const { from, to } = state.selection.main;
  const line = state.doc.lineAt(from);
  const before = line.text.slice(0, from - line.from);
  const opened = /^( *(?:- +)*)[^\s#].*?:(?: +[|>][-+\d]*)?[ \t]*$/.exec(before);
  if (!opened || line.text.slice(from - line.from).trim()) return false;
  const insert = `\n${" ".repeat(opened[1].length + 2)}`;
  view.dispatch({ changes: { from, to, insert }, selection: { anchor: from + insert.length }, scrollIntoView: true, userEvent: "input" });
  return true;
}

/** The key bindings, to stand before those of CodeMirror. */
export const ownKeys = [
  { key: "Enter", run: newLine },
  { key: "Tab", run: (view) => acceptCompletion(view) || indentMore(view), shift: indentLess },
];

/** Lets Tab leave for a moment after Escape, even when that closed a list first. */
export const freeTab = EditorView.domEventHandlers({
  keydown(event, view) {
    if (event.key === "Escape") view.setTabFocusMode(LEAVES);
    return false;
  },
});

// Where a browser itself replaces a selection, it keeps the looks of what it joins by style attributes, which the content
// security policy reports. So the text is changed here, and the page follows it; only an input method writes into the page.
function rangeOf(view) {
  const { state: { doc, selection: { main } }, viewport, contentDOM } = view;
  const shown = (view.root.getSelection ? view.root : document).getSelection();
  if (!contentDOM.contains(shown.anchorNode) || !contentDOM.contains(shown.focusNode)) return main;
  const ends = [view.posAtDOM(shown.anchorNode, shown.anchorOffset), view.posAtDOM(shown.focusNode, shown.focusOffset)];
  const from = Math.min(...ends);
  const to = Math.max(...ends);
  // Only the lines in sight are in the page: a selection that reaches further is cut there.
  const cut = (at) => Math.min(Math.max(at, viewport.from), viewport.to);
  if (from === cut(main.from) && to === cut(main.to)) return main;
  // The page is ahead of the editor. Whoever selects everything there (a menu does) means the whole text.
  const isAll = from < to && from <= viewport.from + 1 && to >= viewport.to - 1;
  return isAll ? { from: 0, to: doc.length } : { from, to };
}

function write(view, from, to, text) {
  const change = () => view.state.update({
    changes: { from, to, insert: text },
    selection: { anchor: from + text.length },
    scrollIntoView: true,
    userEvent: text ? "input.type" : "delete",
  });
  const taken = text && view.state.facet(EditorView.inputHandler).some((handler) => handler(view, from, to, text, change));
  if (!taken) view.dispatch(change());
}

/** Types into the text instead of the page. */
export const typing = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const isText = event.inputType === "insertText" && event.data !== null;
    if (event.isComposing || view.composing || !(isText || event.inputType.startsWith("delete"))) return false;
    const { from, to } = rangeOf(view);
    if (!isText && from === to) return false;
    event.preventDefault();
    write(view, from, to, isText ? event.data : "");
    return true;
  },
});

/** Leaves files that are dropped here to a form that takes them; elsewhere their text is put in. */
export const fileDrop = EditorView.domEventHandlers({
  drop: (event, view) => Boolean(event.dataTransfer?.files.length && view.dom.getRootNode().host.closest("form[data-drop]")),
});
