// Checking while typing: after a pause the server is told the whole form and says what is wrong. One request at a time; a
// newer one ends the older. One checker serves all editors of a form, because their texts are one import.

import { announce, make, icon } from "../page.js";
import { fix, jump, showProblems } from "./problems.js";

const PAUSE = 500;
const PAUSE_MAX = 10_000;
const LISTED = 50;
const SENT_MAX = 1_000_000;

const UNREACHED = "The text could not be checked. It is checked again when you go on typing.";
const TOO_LONG = "The text is too long to be checked while you type.";
const OLDER = "You have signed in or out since this page was opened. Go on: when you save, what you typed is kept and shown once more.";
const ENDED = "Your session has ended. Go on: when you save you are asked to sign in, and what you typed is kept.";

const checkers = new WeakMap();

/** Returns the checker of a form. */
export function checkerOf(form) {
  if (!checkers.has(form)) checkers.set(form, new Checker(form));
  return checkers.get(form);
}

const count = (number, word) => `${number} ${word}${number === 1 ? "" : "s"}`;

class Checker {
  constructor(form) {
    this.form = form;
    this.editors = new Set();
    this.timer = 0;
    this.asking = null;
    this.pause = PAUSE;
  }

  add(editor) {
    this.editors.add(editor);
    this.soon(0);
  }

  remove(editor) {
    this.editors.delete(editor);
  }

  soon(pause = this.pause) {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.timer = setTimeout(() => this.ask(), pause);
  }

  // The texts in the order in which the server reads them; it leaves out what is blank.
  texts() {
    const fields = [...this.form.querySelectorAll("textarea[name=text], textarea[name=source_text]")];
    fields.sort((one, other) => (other.name === "text") - (one.name === "text"));
    return fields.filter((field) => field.value.trim());
  }

  async ask() {
    for (const editor of this.editors) editor.flush();
    const texts = this.texts();
    const states = new Map([...this.editors].map((editor) => [editor, editor.view.state.doc]));
    if (!texts.length) return this.tell(() => ({ problems: [], words: "" }));
    if (texts.reduce((sum, { value }) => sum + value.length, 0) > SENT_MAX) return this.tell(() => ({ problems: [], words: TOO_LONG }));
    const asking = new AbortController();
    this.asking = asking;
    const start = performance.now();
    const answer = await this.send(asking.signal);
    if (asking.signal.aborted) return null;
    this.asking = null;
    // What takes the server long is asked for less often.
    this.pause = Math.min(PAUSE_MAX, Math.max(PAUSE, 3 * (performance.now() - start)));
    if (typeof answer === "string") return this.tell(() => ({ words: answer }));
    return this.tell((editor) => {
      // What was told is about this very text.
      if (states.get(editor) !== editor.view.state.doc) return null;
      const place = texts.indexOf(editor.textarea);
      const whole = [...this.editors][0] === editor;
      const problems = answer.problems.filter(({ source }) => source === place || (source === null && whole));
      return { problems, words: texts.length === 1 || whole ? answer.summary : "" };
    });
  }

  async send(signal) {
    const body = new FormData();
    for (const [name, value] of new FormData(this.form)) if (typeof value === "string") body.append(name, value);
    const headers = { Accept: "application/json", "X-CSRFToken": this.form.elements.namedItem("csrf_token")?.value ?? "" };
    try {
      const [{ textarea }] = this.editors;
      const response = await fetch(textarea.dataset.check, { method: "POST", body, headers, signal, credentials: "same-origin" });
      if (response.ok) return await response.json();
      return { 400: OLDER, 401: ENDED, 413: TOO_LONG }[response.status] ?? UNREACHED;
    } catch {
      return UNREACHED;
    }
  }

  tell(about) {
    for (const editor of this.editors) {
      const told = about(editor);
      if (told) editor.list.show(told);
    }
  }
}

/** The list under an editor: how many problems there are, and each with its place, its sentence and its fix. */
export class ProblemList {
  constructor(view, checkKey) {
    this.view = view;
    this.words = make("span", { className: "soft" });
    this.entries = make("ul", { className: "probs", hidden: true });
    this.entries.setAttribute("aria-label", "Problems");
    const key = (textContent) => make("kbd", { textContent });
    const keys = make("span", { className: "push dim only-l" }, key("Esc"), " then ", key("Tab"), " leaves the editor");
    if (checkKey) keys.prepend(key(checkKey), " checks. ");
    this.element = make("div", { className: "editor-told sm" }, make("p", { className: "flow" }, this.words, keys), this.entries);
    this.element.setAttribute("hx-ignore", "");
    this.said = "";
  }

  /** Shows what was told; without `problems`, what is listed stays and only the words change. */
  show({ problems, words }) {
    if (problems) this.list(showProblems(this.view, problems));
    const errors = problems?.filter(({ severity }) => severity === "error").length ?? 0;
    const notices = (problems?.length ?? 0) - errors;
    const counted = [errors && count(errors, "problem"), notices && count(notices, "notice")].filter(Boolean).join(", ");
    const text = counted || (problems && words ? "No problems" : "");
    const shown = [text, words].filter(Boolean).join(". ");
    if (this.words.textContent !== shown) this.words.textContent = shown;
    this.words.classList.toggle("bad", errors > 0);
    // Only a new count is spoken, not every keystroke.
    if (text !== this.said && (text || this.said)) announce(text || "No problems");
    this.said = text;
  }

  list(problems) {
    this.entries.replaceChildren(...problems.slice(0, LISTED).map((problem) => this.entry(problem)));
    if (problems.length > LISTED) this.entries.append(make("li", { textContent: `${problems.length - LISTED} more` }));
    this.entries.hidden = !problems.length;
  }

  entry(problem) {
    const item = make("li");
    item.append(icon(problem.severity === "error" ? "alert-circle" : "info-circle", problem.severity === "error" ? "bad" : "dim"));
    const text = make("span");
    if (problem.line) {
      const place = make("button", { type: "button", className: "as-link", textContent: `Line ${problem.line}, column ${problem.column}` });
      place.addEventListener("click", () => jump(this.view, problem.id));
      text.append(place, " ");
    }
    if (problem.path) text.append(make("code", { textContent: problem.path }), " ");
    // Many sentences begin with the name that the path ends in.
    const name = `${problem.path.slice(problem.path.lastIndexOf(".") + 1)} `;
    text.append(problem.path && problem.message.startsWith(name) ? problem.message.slice(name.length) : problem.message);
    if (problem.hint) text.append(" ", make("span", { className: "soft", textContent: problem.hint }));
    if (problem.fix) {
      const button = make("button", { type: "button", className: "btn small" }, icon("wand"), problem.fix.label);
      button.addEventListener("click", () => {
        if (fix(this.view, problem.id)) announce(`${problem.fix.label}: done`);
        else announce("The text has changed. It is being checked again.");
      });
      text.append(" ", button);
    }
    item.append(text);
    return item;
  }
}
