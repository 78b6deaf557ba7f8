// The palette: a combobox over links and buttons that the server found. Ctrl K (Cmd K on a Mac) opens it over any page;
// on its own page the same field stands in the page. Without script it is a form and a list of links.

import { whenever } from "./page.js";
import { say } from "./toasts.js";

const APPLE = /Mac|iPhone|iPad/.test(navigator.platform);
const field = () => document.getElementById("pal-q");
const form = () => document.getElementById("pal-form");
const answer = () => document.querySelector(".pal-answer");
const options = () => [...document.querySelectorAll("#pal-list .opt")].filter((option) => option.checkVisibility());
const active = () => document.querySelector("#pal-list [aria-selected=true]");

let waiting = null; // Enter was pressed before the answer to what is typed had come: { apart }.

const ask = () => form().dispatchEvent(new Event("ask"));
const isAnswered = () => answer()?.dataset.q === field().value.split(/\s+/).filter(Boolean).join(" ");

function choose(option) {
  for (const other of options()) other.setAttribute("aria-selected", String(other === option));
  if (option) field().setAttribute("aria-activedescendant", option.id);
  else field().removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
}

function open(option, apart) {
  if (apart && option.href) {
    window.open(option.href, "_blank", "noopener");
    close();
  } else {
    option.click();
  }
}

function close() {
  const dialog = field()?.closest("dialog[open]");
  dialog?.close();
  return Boolean(dialog);
}

/** Opens the palette, or closes it when it is open; on its own page the field takes the focus. */
export function toggle() {
  const dialog = field()?.closest("dialog");
  if (!field()) return false;
  if (dialog?.open) {
    close();
  } else if (dialog) {
    field().value = "";
    document.getElementById("pal-found").replaceChildren();
    dialog.showModal();
    ask();
  }
  field().focus();
  field().select();
  return true;
}

// The field and what stands below it become a combobox with a list box.
whenever("#pal-q", (input) => {
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  if (!input.closest("dialog")) input.focus();
});

// The ids are given here, not by the server: htmx lets an element of the same id settle to what the server wrote.
whenever(".pal-list", (list) => {
  list.id = "pal-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Results");
  list.querySelectorAll("h2, ul, li, form").forEach((element) => element.setAttribute("role", "presentation"));
  for (const group of list.querySelectorAll("section")) {
    group.setAttribute("role", "group");
    group.querySelectorAll(".opt").forEach((option, index) => {
      option.id = `pal-${group.dataset.group}-${index + 1}`;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      option.tabIndex = -1;
    });
  }
  const found = options();
  field().setAttribute("aria-expanded", String(found.length > 0));
  field().setAttribute("aria-controls", list.id);
  choose(found[0]);
  document.getElementById("pal-said").textContent = found.length === 1 ? "1 result" : `${found.length} results`;
  if (!waiting || !isAnswered()) return;
  const { apart } = waiting;
  waiting = null;
  if (found[0]) open(found[0], apart);
});

function move(step) {
  const found = options();
  const at = found.indexOf(active());
  choose(found[(at + step + found.length) % found.length]);
}

document.addEventListener("keydown", (event) => {
  if (event.target !== field() || event.isComposing || event.keyCode === 229) return;
  if ((event.key === "ArrowDown" || event.key === "ArrowUp") && options().length) {
    move(event.key === "ArrowDown" ? 1 : -1);
  } else if (event.key === "Enter") {
    const apart = event.ctrlKey || event.metaKey;
    if (event.repeat) { /* One press opens one thing. */ }
    else if (isAnswered() && active()) open(active(), apart);
    else {
      waiting = { apart };
      ask();
    }
  } else {
    return;
  }
  event.preventDefault();
});

document.addEventListener("input", (event) => { if (event.target === field()) waiting = null; });

document.addEventListener("pointermove", (event) => {
  const option = event.target.closest?.("#pal-list .opt");
  if (option && option !== active()) choose(option);
});

// A pressed line leads away or acts: either way the palette is done. A copy is done when the text is on the clipboard.
document.addEventListener("click", (event) => {
  const option = event.target.closest?.("#pal-list .opt");
  if (option && !option.matches("[data-copy]")) setTimeout(close);
});
document.addEventListener("copied", (event) => {
  if (event.target.closest("#pal-list") && close()) say(event.target.dataset.copied);
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-palette-open]");
  if (!opener || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (toggle()) event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  const held = APPLE ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  if (!held || event.shiftKey || event.altKey || event.isComposing || event.key.toLowerCase() !== "k") return;
  const over = [...document.querySelectorAll("dialog[open]")].find((dialog) => dialog.id !== "palette");
  if (over?.id === "keys") over.close();
  else if (over) return;
  if (!event.repeat && toggle()) event.preventDefault();
});

// It stands over the corner where errors are shown, so it says itself that the server did not answer, or only with an error.
function explain() {
  waiting = null;
  const text = "The server did not answer. Type on, or press Enter to ask again.";
  const note = Object.assign(document.createElement("p"), { className: "dim", textContent: text });
  document.getElementById("pal-found").replaceChildren(note);
  document.getElementById("pal-said").textContent = text;
  field().setAttribute("aria-expanded", "false");
  field().removeAttribute("aria-activedescendant");
}

document.addEventListener("htmx:error", (event) => {
  const { ctx } = event.detail;
  if (ctx?.sourceElement !== form() || ctx.response) return;
  event.stopImmediatePropagation();
  explain();
}, true);
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx?.sourceElement !== form() || (ctx.response?.status ?? 200) < 500) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  explain();
}, true);

whenever("[data-mod]", (element) => { if (APPLE) element.textContent = "⌘"; });
