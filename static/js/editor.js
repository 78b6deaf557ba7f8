// <textarea data-editor="yaml"> becomes an editor. The text field stays the field of the form: it is out of sight and always
// says what the editor says, so that sending, drafts, the guard of unsaved changes and buttons that fill it need not know.
// The editor stands in an open shadow root, where its style sheets need no exception from the content security policy.

import {
  Annotation, EditorState, EditorView, autocompletion, bracketMatching, closeBrackets, closeBracketsKeymap,
  completionKeymap, defaultKeymap, highlightActiveLine, highlightActiveLineGutter, highlightSelectionMatches, highlightSpecialChars,
  history, historyKeymap, indentOnInput, indentUnit, keymap, lineNumbers, nextDiagnostic, previousDiagnostic,
  search, searchKeymap, yaml,
} from "../vendor/codemirror/codemirror.js";
import { ProblemList, checkerOf } from "./editor/checking.js";
import { completeFrom } from "./editor/completion.js";
import { fileDrop, freeTab, ownKeys, typing } from "./editor/keys.js";
import { look } from "./editor/look.js";
import { goTo, problemMarks } from "./editor/problems.js";
import { make, whenever } from "./page.js";

// Beyond these a plain text field is quicker; a line this long would be laid out anew at every keystroke.
const LENGTH_MAX = 1024 * 1024;
const LINE_MAX = 20_000;

// A long text is written into its field after a pause, and before it is sent.
const AT_ONCE_MAX = 100_000;
const LATE = 300;

const WORDS = {
  next: "Next", previous: "Previous", all: "All", "match case": "Match case", "by word": "Whole words", regexp: "Regular expression",
  replace: "Replace", "replace all": "Replace all", close: "Close",
};

const editors = new Set();
const fromField = Annotation.define();

function isTooLong(text) {
  return text.length > LENGTH_MAX || new RegExp(`[^\\n]{${LINE_MAX}}`).test(text);
}

class Editor {
  constructor(textarea) {
    this.textarea = textarea;
    this.label = textarea.labels[0];
    this.name = this.label?.textContent.trim() || "YAML";
    this.host = make("div", { className: "editor" });
    const root = this.host.attachShadow({ mode: "open", delegatesFocus: true });
    // What describes the field cannot be named from inside the shadow root, so it is said here once more.
    const described = document.getElementById(textarea.getAttribute("aria-describedby") ?? "")?.textContent.trim() ?? "";
    const help = make("p", { id: "help", hidden: true, textContent: `Tab indents. Escape, then Tab leaves the editor. ${described}` });
    this.view = new EditorView({ state: this.state(textarea.value), root, parent: root });
    root.append(help);
    this.list = new ProblemList(this.view, this.checks() ? "Ctrl S" : "");
    this.checker = checkerOf(textarea.form);
    this.mount();
  }

  mount() {
    const { textarea, label } = this;
    const hadFocus = document.activeElement === textarea;
    label?.removeAttribute("for");
    label?.addEventListener("click", () => this.view.focus());
    textarea.after(this.host, this.list.element);
    textarea.hidden = true;
    textarea.addEventListener("input", () => this.pull());
    if (hadFocus || (location.hash && location.hash === `#${textarea.id}`)) this.view.focus();
    editors.add(this);
    this.checker.add(this);
  }

  state(doc) {
    const { dataset } = this.textarea;
    const completion = completeFrom({ kinds: dataset.kinds.split(" "), schemas: dataset.schemas, names: dataset.names });
    return EditorState.create({
      doc,
      extensions: [
        freeTab, typing, fileDrop, lineNumbers(), highlightSpecialChars(), history(), indentUnit.of("  "), indentOnInput(), bracketMatching(), closeBrackets(),
        highlightActiveLine(), highlightActiveLineGutter(), highlightSelectionMatches(), search({ top: true }),
        autocompletion({ override: [completion], icons: false }), yaml(), EditorView.lineWrapping, look, problemMarks,
        EditorState.phrases.of(WORDS), EditorView.contentAttributes.of({ "aria-label": this.name, "aria-describedby": "help", tabindex: "0" }),
        keymap.of([
          { key: "Mod-s", run: () => this.save() },
          { key: "F8", run: nextDiagnostic, shift: previousDiagnostic },
          ...completionKeymap, ...ownKeys, ...closeBracketsKeymap, ...searchKeymap, ...historyKeymap, ...defaultKeymap,
        ]),
        EditorView.updateListener.of((update) => { if (update.docChanged) this.push(update); }),
      ],
    });
  }

  // A form that saves knows the key itself (forms.js); any other is checked.
  checks() {
    const { form } = this.textarea;
    return form.matches("[data-save]") ? null : form.querySelector("button[name=do][value=check]:not([aria-hidden])");
  }

  save() {
    const button = this.checks();
    if (button) this.textarea.form.requestSubmit(button);
    return Boolean(button);
  }

  push(update) {
    const isOwn = update.transactions.some((transaction) => transaction.annotation(fromField));
    clearTimeout(this.late);
    this.isLate = !isOwn;
    if (this.isLate && update.state.doc.length > AT_ONCE_MAX) this.late = setTimeout(() => this.flush(), LATE);
    else this.flush();
    // What the server said about the text as it was sent no longer stands over it.
    this.textarea.form.querySelector("[data-editor-problems]:not(:focus-within)")?.remove();
    this.checker.soon();
  }

  /** Writes into the field what it does not say yet. */
  flush() {
    if (!this.isLate) return;
    clearTimeout(this.late);
    this.isLate = false;
    this.pushing = true;
    this.textarea.value = this.view.state.doc.toString();
    this.textarea.dispatchEvent(new Event("input", { bubbles: true }));
    this.pushing = false;
  }

  /** Takes over what something else has written into the field. */
  pull() {
    if (this.isLate) return;
    const { value } = this.textarea;
    if (this.pushing || value === this.view.state.doc.toString()) return;
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: value }, annotations: fromField.of(true) });
  }

  /** After a swap: the field may be gone, or the editor beside it. */
  settle() {
    if (!this.textarea.isConnected) {
      this.view.destroy();
      this.checker.remove(this);
      editors.delete(this);
      return;
    }
    if (!this.host.isConnected) this.textarea.after(this.host, this.list.element);
    this.textarea.hidden = true;
    this.pull();
  }
}

function enhance(textarea) {
  if (isTooLong(textarea.value)) {
    textarea.after(make("p", { className: "help", textContent: "This text is too long for the editor, so it is a plain text field." }));
    return;
  }
  new Editor(textarea);
}

whenever("textarea[data-editor=yaml]", (textarea) => {
  // What is folded away is made an editor when somebody looks at it.
  const fold = textarea.closest("details:not([open])");
  if (fold) fold.addEventListener("toggle", () => enhance(textarea), { once: true });
  else enhance(textarea);
});

// Links to the field lead to the editor, those of a problem to its line.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='#']");
  if (!link) return;
  const editor = [...editors].find(({ textarea }) => link.getAttribute("href") === `#${textarea.id}`);
  if (!editor) return;
  event.preventDefault();
  if (link.dataset.line) goTo(editor.view, Number(link.dataset.line), Number(link.dataset.column));
  else editor.view.focus();
  editor.host.scrollIntoView({ block: "nearest" });
});

document.addEventListener("submit", () => editors.forEach((editor) => editor.flush()), true);
document.addEventListener("htmx:after:swap", () => editors.forEach((editor) => editor.settle()));
document.addEventListener("reset", (event) => setTimeout(() => editors.forEach((editor) => { if (editor.textarea.form === event.target) editor.pull(); })));
addEventListener("pageshow", () => editors.forEach((editor) => editor.pull()));
