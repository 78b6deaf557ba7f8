// Forms: repeated rows, sections that depend on a choice, fix buttons, the guard of unsaved changes.

import { announce, isTyping, singleKeysAreOff, whenever } from "./page.js";

// Repeated rows. <ul data-rows="annotations"> with <template data-row="annotations"> beside it, where __n__ stands for the
// number. Buttons add_row=annotations and remove_row=annotations-2 are submit buttons that the server understands too.

function renumber(list) {
  const prefix = list.dataset.rows;
  const numbered = new RegExp(`(^|\\s)${prefix}-(?:\\d+|__n__)(?=$|[\\s-])`, "g");
  [...list.children].forEach((row, index) => {
    for (const element of [row, ...row.querySelectorAll("*")]) {
      for (const name of ["id", "name", "for", "aria-describedby", "aria-labelledby", "data-fill", "data-when-field"]) {
        const value = element.getAttribute(name);
        if (value) element.setAttribute(name, value.replace(numbered, `$1${prefix}-${index}`));
      }
      if (element instanceof HTMLButtonElement) element.value = element.value.replace(numbered, `$1${prefix}-${index}`);
      if (element.dataset.nth) {
        const label = `${element.dataset.nth} ${index + 1}`;
        if (element.hasAttribute("aria-label")) element.setAttribute("aria-label", label);
        else element.textContent = label;
      }
    }
  });
}

function rowsOf(form, prefix) {
  return [...form.querySelectorAll("[data-rows]")].find((list) => list.dataset.rows === prefix);
}

function addRow(form, prefix) {
  const list = rowsOf(form, prefix);
  const template = [...form.querySelectorAll("template[data-row]")].find((one) => one.dataset.row === prefix);
  if (!list || !template) return false;
  list.append(template.content.cloneNode(true));
  renumber(list);
  list.lastElementChild.querySelector("input, select, textarea")?.focus();
  return true;
}

function removeRow(form, value) {
  const cut = value.lastIndexOf("-");
  const list = rowsOf(form, value.slice(0, cut));
  const index = Number(value.slice(cut + 1));
  const row = list?.children[index];
  if (!row) return false;
  row.remove();
  renumber(list);
  announce(`Row ${index + 1} removed`);
  const next = list.children[Math.min(index, list.children.length - 1)];
  const adder = [...form.querySelectorAll("button[name=add_row]")].find((one) => one.value === list.dataset.rows);
  (next?.querySelector("button[name=remove_row]") ?? adder)?.focus();
  return true;
}

// A fix button fills its field, takes the error away and puts the focus there.
function fill(button) {
  const field = button.form?.elements.namedItem(button.dataset.fill);
  if (!field || field instanceof RadioNodeList || field.type === "hidden") return false;
  field.value = button.dataset.value;
  const errors = document.getElementById(`${field.id}-error`);
  field.removeAttribute("aria-invalid");
  const described = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((id) => id && id !== errors?.id);
  if (described.length) field.setAttribute("aria-describedby", described.join(" "));
  else field.removeAttribute("aria-describedby");
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
  field.focus();
  errors?.remove();
  announce(`Changed to ${button.dataset.value}`);
  return true;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("button");
  const form = button?.form;
  if (!form) return;
  const done = (button.name === "add_row" && addRow(form, button.value))
    || (button.name === "remove_row" && removeRow(form, button.value))
    || (button.dataset.fill !== undefined && fill(button));
  if (!done) return;
  event.preventDefault();
  event.stopPropagation();
  recount();
}, true);

// <div data-when-field="plugin_class" data-when="sql api"> is shown while the field has one of the values.

function showWhen(section) {
  const form = section.closest("form") ?? document.querySelector("form");
  const field = form?.elements.namedItem(section.dataset.whenField);
  if (field) section.hidden = !section.dataset.when.split(" ").includes(field.value);
}

whenever("[data-when-field]", showWhen);
document.addEventListener("change", (event) => {
  const name = event.target.name;
  if (!name) return;
  document.querySelectorAll("[data-when-field]").forEach((section) => {
    if (section.dataset.whenField === name) showWhen(section);
  });
});

// <form data-guard> warns before unsaved work is lost and counts the changed fields in [data-unsaved].
// data-guard="dirty" says that the form already differs from the record (it came back with errors).

const guarded = new Map();

function fields(form) {
  const found = new Map();
  for (const [name, value] of new FormData(form)) {
    if (name === "csrf_token") continue;
    const field = name.replace(/-\d+(?:-.*)?$/, ""); // Rows count as one field.
    const text = value instanceof File ? `${value.name}:${value.size}` : value;
    found.set(field, `${found.get(field) ?? ""}\u0000${text}`);
  }
  return found;
}

function changed(form, start) {
  const now = fields(form);
  return [...new Set([...start.keys(), ...now.keys()])].filter((name) => start.get(name) !== now.get(name)).length;
}

function recount() {
  for (const [form, state] of guarded) {
    if (!form.isConnected) {
      guarded.delete(form);
      continue;
    }
    state.count = changed(form, state.start);
    const words = state.count ? `${state.count} unsaved ${state.count === 1 ? "change" : "changes"}` : state.dirty ? "Unsaved changes" : "";
    form.querySelectorAll("[data-unsaved]").forEach((place) => { if (place.textContent !== words) place.textContent = words; });
  }
}

// A tick later, so that tag boxes of the same form are in place before its start is remembered.
whenever("form[data-guard]", (form) => setTimeout(() => {
  guarded.set(form, { start: fields(form), count: 0, dirty: form.dataset.guard === "dirty", leaving: false });
  recount();
}));

document.addEventListener("input", recount);
document.addEventListener("change", recount);
document.addEventListener("reset", () => setTimeout(recount));
// On the window: whoever holds the form back (an own dialog, htmx) has spoken by then.
addEventListener("submit", (event) => {
  const state = guarded.get(event.target);
  if (!state) return;
  const byHtmx = [...event.target.attributes].some(({ name }) => /^hx-(post|put|patch|boost|action)/.test(name));
  if (event.defaultPrevented && !byHtmx) return;
  if (state.leaving && !byHtmx) event.preventDefault(); // A second press of Save.
  state.leaving = true;
});
const stay = () => { for (const state of guarded.values()) state.leaving = false; };
document.addEventListener("htmx:error", stay);
document.addEventListener("htmx:after:swap", stay);
addEventListener("pageshow", stay);
addEventListener("beforeunload", (event) => {
  for (const [form, state] of guarded) {
    if (form.isConnected && !state.leaving && (state.count || state.dirty)) event.preventDefault();
  }
});

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "s") {
    const form = document.activeElement?.closest?.("form[data-save]") ?? document.querySelector("form[data-save]");
    if (!form) return;
    event.preventDefault();
    if (!event.repeat && !event.isComposing) form.requestSubmit(form.querySelector("[data-save-button]"));
  }
});

// The merge page: <form data-merge> with one <fieldset data-clash> per field. 1 and 2 choose a side, arrows change field.

let clash = null;

function goTo(next) {
  clash = next;
  (next.querySelector("input[type=radio]:checked") ?? next.querySelector("input[type=radio]"))?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "center" });
}

document.addEventListener("keydown", (event) => {
  const form = document.querySelector("form[data-merge]");
  if (!form || singleKeysAreOff() || isTyping(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  const list = [...form.querySelectorAll("[data-clash]")];
  const here = document.activeElement?.closest?.("[data-clash]") ?? (clash?.isConnected ? clash : null);
  if (event.key === "1" || event.key === "2") {
    const field = here ?? list[0];
    const radio = field?.querySelectorAll("input[type=radio]")[Number(event.key) - 1];
    if (!radio) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    goTo(field);
  } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    const next = here ? list[list.indexOf(here) + (event.key === "ArrowDown" ? 1 : -1)] : list[0];
    if (next) goTo(next);
    else if (!here) return;
  } else {
    return;
  }
  event.preventDefault();
});

// Whoever types into a field that belongs to a choice has chosen it: <input data-checks="id of the radio button">.
document.addEventListener("input", (event) => {
  const choice = document.getElementById(event.target.dataset?.checks ?? "");
  if (choice instanceof HTMLInputElement) choice.checked = true;
});
