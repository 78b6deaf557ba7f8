// The selection of a list: ticks, ranges, all of a page, all that match; kept while rows are read anew, sorted or paged.
// The ticks belong to the form #bulk; those of other pages wait in #elsewhere as hidden fields, so it sends all of them.

import { announce, isTyping, make, singleKeysAreOff, whenever } from "./page.js";

const chosen = new Set(); // Locators, of this page and of others.
let anchor = null; // The box that was ticked last, by id: where a range begins.
let range = false; // Whether Shift is held while a box is pressed.
let opener = null; // What opened the dialog, by id.
let place = 0; // Where the first of the chosen rows stood.
let said = "";

const form = () => document.getElementById("bulk");
const boxes = () => [...document.querySelectorAll("#rows input[name=id]")];
const everything = () => document.getElementById("select-all");

/** Lets boxes, hidden fields and words say what is chosen. */
function show() {
  if (!form()) return;
  const all = Boolean(everything()?.checked);
  const shown = boxes();
  for (const box of shown) box.checked = all || chosen.has(box.value);
  const here = shown.filter((box) => box.checked);
  const page = document.getElementById("select-page");
  if (page) {
    page.checked = shown.length > 0 && here.length === shown.length;
    page.indeterminate = here.length > 0 && !page.checked;
  }
  const onPage = new Set(shown.map((box) => box.value));
  const others = all ? [] : [...chosen].filter((locator) => !onPage.has(locator));
  document.getElementById("elsewhere").replaceChildren(...others.map((value) => make("input", { type: "hidden", name: "id", value })));
  const words = all
    ? `All ${document.querySelector("#bulk-all .num")?.textContent ?? ""} selected`.replace("  ", " ")
    : `${chosen.size.toLocaleString("en")} selected${others.length && chosen.size ? `, ${here.length} on this page` : ""}`;
  const place = document.getElementById("selected");
  if (place.textContent !== words) place.textContent = words;
  if (said !== words && (said || all || chosen.size)) announce(words);
  said = all || chosen.size ? words : "";
}

function choose(box, on) {
  if (on) chosen.add(box.value);
  else chosen.delete(box.value);
}

/** One row less than all of them: from here on the rows of the page are chosen one by one. */
function leaveAll() {
  const all = everything();
  if (!all?.checked) return;
  all.checked = false;
  chosen.clear();
  for (const box of boxes()) chosen.add(box.value);
}

function clear() {
  const all = everything();
  if (all) all.checked = false;
  chosen.clear();
  anchor = null;
  show();
}

function tick(box, on, ranged) {
  leaveAll();
  const list = boxes();
  const [from, to] = [list.findIndex((one) => one.id === anchor), list.indexOf(box)];
  if (ranged && from >= 0) list.slice(Math.min(from, to), Math.max(from, to) + 1).forEach((one) => choose(one, on));
  else choose(box, on);
  anchor = box.id;
  show();
}

document.addEventListener("click", (event) => {
  range = event.shiftKey;
  const cell = event.target.closest?.("#rows .c-sel");
  if (cell && event.target === cell) cell.querySelector("input").click(); // Beside the box is close enough.
}, true);

document.addEventListener("change", (event) => {
  const { target } = event;
  if (target.matches?.("#rows input[name=id]")) tick(target, target.checked, range);
  else if (target.id === "select-page") {
    const on = target.checked;
    leaveAll();
    boxes().forEach((box) => choose(box, on));
    show();
  } else if (target.id === "select-all") {
    if (!target.checked) chosen.clear();
    show();
  }
});

document.addEventListener("reset", (event) => {
  if (event.target.id !== "bulk") return;
  setTimeout(clear);
  document.getElementById("main")?.focus({ preventScroll: true }); // The bar with the button goes away.
});

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || !form() || document.querySelector("dialog[open]")) return;
  if (event.key === "Escape") {
    if (!chosen.size && !everything()?.checked) return;
    if (isTyping(event) || document.querySelector("details.menu[open], :popover-open")) return;
    event.preventDefault();
    const lost = form().contains(document.activeElement);
    clear();
    if (lost) document.getElementById("main")?.focus({ preventScroll: true });
  } else if (event.key === "X" && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const box = (document.querySelector("#rows tr.at") ?? event.target.closest?.("#rows tr"))?.querySelector("input[name=id]");
    if (!box || singleKeysAreOff() || isTyping(event)) return;
    event.preventDefault();
    tick(box, true, true);
  }
});

// Rows that come anew, and rows that a browser has brought back with their ticks.
function read() {
  for (const box of boxes()) if (box.checked) chosen.add(box.value);
  show();
}
whenever("#rows, #select-all", show);
document.addEventListener("htmx:after:swap", show);
addEventListener("pageshow", read);

// Another filter is another list: "all that match" is not carried over to it.
let list = null;
whenever("#bulk-list input", (input) => {
  const filter = new URLSearchParams(input.value);
  for (const name of ["after", "before", "sort"]) filter.delete(name);
  const now = filter.toString();
  if (list !== null && now !== list && everything()) everything().checked = false;
  list = now;
});

// ---- the dialog ----

whenever("#bulk-sheet > *", (content) => {
  const dialog = content.closest("dialog");
  if (!dialog.open) {
    opener = document.activeElement?.closest("#bulk [id]")?.id ?? null;
    place = boxes().findIndex((box) => box.checked);
    document.querySelectorAll("#bulk [popover]:popover-open").forEach((panel) => panel.hidePopover());
    dialog.showModal();
  }
  // A tick later, when tag boxes are in place.
  setTimeout(() => {
    if (content.matches("form")) content.querySelector("[aria-invalid], .field input:not([type=hidden]), .field select, .field textarea, button.main")?.focus();
    else if (content.isConnected && !content.contains(document.activeElement)) content.querySelector("[data-close]")?.focus();
  });
});

document.addEventListener("close", (event) => {
  if (event.target.id !== "bulk-dialog") return;
  // What a report offered to take back can still be taken back for a moment.
  const toast = document.getElementById("bulk-toast");
  if (toast) document.getElementById("toasts").append(toast.content.cloneNode(true));
  document.getElementById("bulk-sheet").replaceChildren();
  const back = document.getElementById(opener ?? "");
  const target = back?.checkVisibility() ? back : back?.closest("[popover]") && document.querySelector(`[popovertarget=${back.closest("[popover]").id}]`);
  if (target?.checkVisibility()) target.focus();
}, true);

document.addEventListener("bulk-done", (event) => {
  const { changed, gone, report } = event.detail;
  const all = Boolean(everything()?.checked);
  if (!report) document.getElementById("bulk-dialog").close();
  // Who goes on with the same records finds them chosen; records that have left the list are not.
  if (gone || all) clear();
  if (!changed) return;
  const hadFocus = document.activeElement;
  window.htmx.ajax("GET", location.pathname + location.search, { source: document.getElementById("results"), target: "#results", swap: "innerHTML show:none" })
    .then(() => {
      if (document.querySelector("dialog[open]") || (hadFocus?.isConnected && hadFocus.checkVisibility() && hadFocus !== document.body && hadFocus.id !== "main")) return;
      const rows = document.querySelectorAll("#rows tr");
      const next = rows[Math.min(Math.max(place, 0), rows.length - 1)];
      (next?.querySelector("a.name") ?? document.querySelector("h1"))?.focus({ preventScroll: !next });
    });
});
