// Cells: one field edited where it is shown. A link .edit opens a form in its cell (a <td> or .cell), over what stands there.
// Enter or leaving saves, Esc gives back. The answer replaces the row or the parts of the record; see views/cell_pages.py.

import "./tagbox.js"; // Tags are in place before a cell remembers how it was opened.
import { whenever } from "./page.js";
import { retry } from "./requests.js";
import { showError } from "./toasts.js";

const states = new WeakMap(); // form: { start: its text as opened, saving, then: what waits for the save }
const open = () => [...document.querySelectorAll("form[data-cell]")].filter((form) => states.has(form));
const cellOf = (element) => element.closest("td, .cell");
const control = (form) => form.querySelector("input:not([type=hidden]), textarea");
const text = (form) => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "csrf_token"));
const isChanged = (form) => form.dataset.cell !== "open" || text(form) !== states.get(form).start;

// Who may edit what: the rows are the same for everybody, the table says what this viewer manages.
whenever("[data-manages=own], [data-manages=account]", (body) => {
  const own = body.dataset.manages === "own";
  for (const row of body.rows) {
    const mine = row.dataset.account === body.dataset.account && (!own || row.dataset.owner === body.dataset.owner);
    row.toggleAttribute("data-mine", mine);
  }
});

function show(link, address = link.href) {
  const cell = cellOf(link);
  const there = cell.querySelector("[data-cell]");
  if (there) control(there)?.focus();
  else window.htmx.ajax("GET", address, { source: link, target: cell, swap: "beforeend show:none" });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.(".edit");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(link);
});

document.addEventListener("dblclick", (event) => {
  const link = event.target.closest?.(".list td")?.querySelector(":scope > .edit");
  if (!link?.checkVisibility() || event.target.closest("a, button, [data-cell]")) return;
  getSelection().removeAllRanges();
  show(link);
});

// What was typed when a session ended opens where it was typed, if that is on this page.
whenever("[data-resume]", (go) => {
  const link = document.getElementById(go.dataset.resume);
  if (link?.checkVisibility()) show(link, go.dataset.opens);
});

function resumed() {
  document.getElementById("resume")?.remove();
  history.replaceState(history.state, "", location.href.replace(/([?&])draft=[^&#]*&?/, "$1").replace(/[?&](?=#|$)/, ""));
}

whenever("[data-cell]", (form) => {
  const cell = cellOf(form);
  if (!cell) return; // A page of its own.
  cell.setAttribute("hx-morph-skip", ""); // A save of another cell of the row leaves this one as it is.
  states.set(form, { start: form instanceof HTMLFormElement ? text(form) : "", saving: false, then: [] });
  const field = control(form);
  const busy = document.activeElement?.matches("input, textarea, select") && !form.contains(document.activeElement);
  if (!busy && !form.contains(document.activeElement)) {
    (field ?? form.querySelector("[data-cell-close]"))?.focus({ preventScroll: true });
    if (field?.name === "version") field.select();
    else field?.setSelectionRange?.(field.value.length, field.value.length);
  }
  form.scrollIntoView({ block: "nearest", inline: "nearest" });
  if (form.dataset.cell === "draft") resumed();
});

function close(form, giveBack) {
  const cell = cellOf(form);
  form.remove();
  cell.removeAttribute("hx-morph-skip");
  if (giveBack) cell.querySelector(".edit")?.focus({ preventScroll: true });
}

// Where the focus falls when what had it is gone.
function isNowhere() {
  return document.activeElement === document.body || document.activeElement?.id === "main";
}

function leave(form) {
  const state = states.get(form);
  if (!form.isConnected || state.saving || form.dataset.cell === "clash") return; // A clash wants a decision.
  if (form.dataset.cell === "draft" || text(form) !== state.start) form.requestSubmit(form.querySelector("[data-save-button]"));
  else if (form.dataset.cell === "open") close(form, false);
}

// Some browsers do not focus a button that is pressed; pressing inside is not leaving.
let pressed = null;
document.addEventListener("pointerdown", (event) => { pressed = event.target; }, true);
document.addEventListener("pointerup", () => setTimeout(() => { pressed = null; }), true);

document.addEventListener("focusout", (event) => {
  const form = event.target.closest?.("form[data-cell]");
  if (!form || !states.has(form) || form.contains(event.relatedTarget)) return;
  setTimeout(() => {
    if (!form.contains(document.activeElement) && !(pressed && form.contains(pressed))) leave(form);
  });
});

document.addEventListener("keydown", (event) => {
  const form = event.target.closest?.("[data-cell]");
  if (!form || !states.has(form) || event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (event.key === "Escape") {
    event.preventDefault();
    if (states.get(form).saving) return;
    const theirs = form.querySelector("[data-theirs]");
    if (theirs) theirs.click();
    else close(form, true);
  } else if (event.key === "Enter" && event.target instanceof HTMLTextAreaElement && !event.shiftKey && !event.target.readOnly) {
    event.preventDefault();
    if (!event.repeat) form.requestSubmit(form.querySelector("[data-save-button]"));
  }
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-cell-close]");
  const form = button?.closest("[data-cell]");
  if (!form || !states.has(form)) return;
  event.preventDefault();
  close(form, true);
});

// Nothing was changed: there is nothing to ask the server for.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!states.has(form) || isChanged(form)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  close(form, true);
}, true);

// ---- saving ----

document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  // A save goes on when the page is left; browsers keep a short one only.
  if (states.has(ctx.sourceElement)) ctx.request.keepalive = text(ctx.sourceElement).length < 10_000;
});

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  const state = states.get(ctx.sourceElement);
  if (state) {
    state.saving = true;
    return;
  }
  // Something else wants to replace what a cell stands in: the cell comes first.
  const inside = open().filter((form) => ctx.target?.contains?.(form) && (states.get(form).saving || isChanged(form)));
  if (!inside.length) return;
  event.preventDefault();
  const saving = inside.find((form) => states.get(form).saving);
  if (saving) states.get(saving).then.push(() => retry(ctx.sourceElement));
  else hold(inside[0]);
});

function hold(form) {
  control(form)?.focus();
  showError("A change is not saved yet. Save it, or press Esc in its cell to give it back.");
}

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement;
  const state = states.get(form);
  const status = ctx.response?.status ?? 0;
  if (!state && !form?.matches?.("[data-undo]")) return;
  if (status >= 400 && status !== 401 && !/data-cell|data-toast/.test(ctx.text ?? "")) {
    // An answer about something else (too large, too many, broken): it must not take the place of what was typed.
    event.preventDefault();
    showError(`The server could not do this (${status}). Your text is still here.`);
  } else if (status < 300 && state) {
    state.saved = true;
    const back = isNowhere() || form.contains(document.activeElement);
    if (back) state.back = cellOf(form).querySelector(".edit")?.id;
    close(form, back);
  } else if (status < 300) {
    const back = document.getElementById(form.dataset.undo);
    form.closest(".toast").remove();
    back?.focus({ preventScroll: true });
  }
});

document.addEventListener("htmx:finally:request", (event) => {
  const state = states.get(event.detail.ctx.sourceElement);
  if (!state) return;
  state.saving = false;
  const waiting = state.then.splice(0);
  if (state.saved) waiting.forEach((go) => go());
  // What came beside the answer may have taken the focus away again.
  if (state.back && isNowhere()) document.getElementById(state.back)?.focus({ preventScroll: true });
});

// A press that leads elsewhere waits until what was typed is saved, so that the next page shows it.
document.addEventListener("click", (event) => {
  const target = event.target.closest?.("a[href], button[type=submit]");
  if (!target || target.matches(".edit") || target.closest("[data-cell]") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const left = open();
  left.forEach(leave);
  const saving = left.find((form) => states.get(form).saving);
  if (!saving) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  states.get(saving).then.push(() => { if (target.isConnected) target.click(); });
}, true);

addEventListener("beforeunload", (event) => {
  if (open().some((form) => isChanged(form) && !states.get(form).saving)) event.preventDefault();
});
