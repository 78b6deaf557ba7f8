// Single keys, as webapp/help/keys.py lists them. An element with data-key is pressed by its key ("e", or "g p" for one
// key after the other); KEYS holds what takes more than that. Nothing happens while somebody types or composes.

import { write as copy } from "./copy.js";
import { announce, isTyping, make, singleKeysAreOff, whenever } from "./page.js";
import { say } from "./toasts.js";
import "./palette.js";
import "./selection.js"; // Listens first: Esc clears the selection before it leaves the row.

const CHORD_MS = 1500;
const ROWS = ".list tbody tr, .feed > li";

// ---- the cursor of a list ----

let at = { id: null, index: -1 };

const rows = () => [...document.querySelectorAll(ROWS)].filter((row) => row.checkVisibility());
const cursor = () => document.querySelector(".at:is(tr, li)");
const opener = (row) => row.querySelector("a[id$=-open], a.name, summary, a[href]");

function put(row, index) {
  cursor()?.classList.remove("at");
  row?.classList.add("at");
  at = { id: row?.id ?? null, index };
}

function step(by) {
  const all = rows();
  if (!all.length) return false;
  const here = all.indexOf(cursor());
  // A row that has gone leaves its place to the next one.
  const from = here >= 0 ? here : at.index >= 0 ? Math.min(at.index, all.length) - (by > 0 ? 1 : 0) : by > 0 ? -1 : all.length;
  const next = Math.max(0, Math.min(all.length - 1, from + by));
  const row = all[next];
  if (next === here) announce(by > 0 ? "Last row" : "First row");
  put(row, next);
  // The focus goes along, so that a screen reader reads the row, and Tab goes on inside it.
  opener(row)?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  return true;
}

// The cursor follows the focus, and stays with its row when htmx brings the rows anew.
document.addEventListener("focusin", (event) => {
  const row = cursor() && event.target.closest?.(ROWS);
  if (row && row !== cursor()) put(row, rows().indexOf(row));
});
const keep = () => { if (at.id && !cursor()) document.getElementById(at.id)?.classList.add("at"); };
document.addEventListener("htmx:after:swap", keep);
document.addEventListener("htmx:after:settle", keep); // By then an element has the attributes that the server wrote.

// ---- what the keys do; each returns whether there was something to do ----

function press(element) {
  if (!element || element.closest("[inert], [hidden]") || element.disabled) return false;
  element.click();
  return true;
}

function search() {
  const field = document.getElementById("q");
  field?.focus();
  field?.select();
  return Boolean(field);
}

function filters() {
  const rail = document.querySelector(".rail");
  if (!rail) return false;
  const button = document.querySelector("[data-filters]");
  if (button?.checkVisibility()) button.click();
  rail.querySelector("a")?.focus();
  return true;
}

const select = () => press(cursor()?.querySelector("input[type=checkbox]"));

function edit() {
  const row = cursor();
  if (!row) return press(document.querySelector("[data-key=e]"));
  if (press(document.getElementById(`${row.id}-edit`))) return true; // A row with a page of its own to edit it on.
  const open = row.querySelector("a[id$=-open]");
  if (!open) return false;
  const mine = row.hasAttribute("data-mine") || !row.closest("[data-manages]:not([data-manages=all])");
  // The search of the link holds the list that one comes back to.
  if (mine) location.assign(new URL(`edit${open.search}`, open.href));
  else say("You may read this one. Its owner and staff may change it", "info-circle");
  return true;
}

function copyLink() {
  const row = cursor();
  if (!row) return press(document.querySelector("[data-key=c]"));
  const locator = row.querySelector("a[id$=-open]")?.pathname.split("/")[2];
  if (!locator) return false;
  copy(`${location.origin}/r/${locator}`).then((done) => {
    say(done ? "Link copied" : "The browser did not let the link be copied. Open the record and copy it there", done ? "check" : "info-circle");
  });
  return true;
}

const undo = () => press([...document.querySelectorAll("#toasts .toast form [type=submit]")].at(-1));

function create() {
  if (!press(document.querySelector("[data-key=n]"))) location.assign("/plugins/new");
  return true;
}

function sheet() {
  const dialog = document.getElementById("keys");
  if (!dialog) return false;
  dialog.showModal();
  if (!dialog.querySelector(".keys")) document.getElementById("keys-found").dispatchEvent(new Event("ask"));
  return true;
}

function openRow(event) {
  const row = cursor();
  // Whatever has the focus is opened by the browser.
  if (!row || document.activeElement.matches("a, button, summary, input, select, [role=button]")) return false;
  const link = opener(row);
  if ((event.ctrlKey || event.metaKey) && link?.href) window.open(link.href, "_blank", "noopener");
  else link?.click();
  return true;
}

const KEYS = {
  "/": search,
  "?": sheet,
  "c": copyLink,
  "e": edit,
  "f": filters,
  "j": () => step(1),
  "k": () => step(-1),
  "n": create,
  "x": select,
  "z": undo,
};

// ---- one level at a time ----

// Dialogs and popovers close by themselves; cells and lists of suggestions have prevented the default by then.
function escape(event) {
  if (document.querySelector("dialog[open], [popover]:popover-open:not(.toast)")) return false;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
    return true;
  }
  const clear = [...document.querySelectorAll("[data-key=Escape]")].find((one) => one.checkVisibility());
  if (clear) return press(clear);
  if (event.target.id === "q") {
    if (event.target.value) return false; // The browser empties it.
    event.target.blur();
    return true;
  }
  if (isTyping(event) || !cursor()) return false;
  put(null, at.index);
  if (document.activeElement.closest(ROWS)) document.getElementById("main")?.focus({ preventScroll: true });
  return true;
}

// ---- listening ----

let chord = null; // { first, until }

function isHeld(event) {
  return (event.ctrlKey || event.metaKey || event.altKey) && !event.getModifierState("AltGraph");
}

function keyed(keys) {
  return [...document.querySelectorAll("[data-key]")].find((element) => element.dataset.key === keys);
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
  if (event.key === "Escape") {
    if (escape(event)) event.preventDefault();
    return;
  }
  if (["Control", "Shift", "Alt", "AltGraph", "Meta"].includes(event.key)) return;
  if (isTyping(event) || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter") {
    if (openRow(event)) event.preventDefault();
    return;
  }
  if (singleKeysAreOff() || isHeld(event)) return;
  if (act(event)) event.preventDefault();
});

function act(event) {
  const first = chord && performance.now() < chord.until ? chord.first : null;
  chord = null;
  if (first) {
    if (!event.repeat) press(keyed(`${first} ${event.key}`));
    return true;
  }
  if (event.repeat && event.key !== "j" && event.key !== "k") return false;
  if (document.querySelector(`[data-key^="${CSS.escape(event.key)} "]`)) {
    chord = { first: event.key, until: performance.now() + CHORD_MS };
    return true;
  }
  return Object.hasOwn(KEYS, event.key) ? KEYS[event.key]() : press(keyed(event.key));
}

// ---- saying so ----

function label(element) {
  const keys = element.dataset.key;
  if (singleKeysAreOff() && keys !== "Escape") return;
  const words = keys.split(" ").join(" then ");
  const title = element.title || element.getAttribute("aria-label") || element.textContent.trim();
  // What is pressed one after the other has no spelling in ARIA.
  if (!keys.includes(" ")) element.setAttribute("aria-keyshortcuts", keys);
  if (!title.endsWith(`(${words})`)) element.title = `${title} (${words})`;
}

whenever("[data-key]", label);
whenever(".toast [data-key=z]", (button) => {
  const key = make("kbd", { textContent: "z" });
  key.setAttribute("aria-hidden", "true");
  if (!singleKeysAreOff()) button.append(key);
});
document.addEventListener("htmx:after:settle", () => document.querySelectorAll("[data-key]").forEach(label));

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href='/help/keys']");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey || !document.getElementById("keys")) return;
  event.preventDefault();
  link.closest("[popover]")?.hidePopover();
  setTimeout(sheet); // After the palette has closed.
});
