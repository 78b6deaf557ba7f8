// The page works without this file; everything here only makes it quicker to use.

import { announce, whenever } from "./page.js";
import "./cells.js";
import "./copy.js";
import "./draft.js";
import "./drop.js";
import "./forms.js";
import "./keys.js";
import "./newer.js";
import "./preload.js";
import "./requests.js";
import "./selection.js";
import "./tagbox.js";
import "./tagfind.js";
import "./times.js";
import "./toasts.js";
import "./views.js";

// Theme: the server writes data-theme from the cookie, so the next page comes in the right colours at once.
document.addEventListener("click", (event) => {
  if (!event.target.closest?.("[data-theme-toggle]")) return;
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const theme = dark ? "light" : "dark";
  root.dataset.theme = theme;
  document.querySelector("meta[name=color-scheme]")?.setAttribute("content", theme);
  document.cookie = `theme=${theme}; Path=/; Max-Age=31536000; SameSite=Lax${location.protocol === "https:" ? "; Secure" : ""}`;
  announce(dark ? "Light theme" : "Dark theme");
});

// The summary of a refused form takes the focus.
whenever("[data-focus]", (element) => element.focus());

// Menus made of <details>: one at a time, closed by Esc (keys.js) and by a click elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

// One that asks for a text takes it at once: what is typed would be single keys otherwise.
document.addEventListener("toggle", (event) => {
  if (event.target.matches?.("details.menu[open]")) event.target.querySelector("input:not([type=hidden], [type=checkbox], [type=radio])")?.focus();
}, true);

// What a list has cut off is said in full by the tooltip.
document.addEventListener("mouseover", (event) => {
  const text = event.target.closest?.(".c-name > .name, .c-desc > span");
  const cut = text?.matches(".name") ? text : text?.parentElement;
  if (text && cut.scrollWidth > cut.clientWidth) text.title = text.textContent;
  else text?.removeAttribute("title");
});

// Dialogs: <button data-open="id"> opens, <button data-close> closes, so does a click beside the sheet.
document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-open]");
  const dialog = opener && document.getElementById(opener.dataset.open);
  if (dialog instanceof HTMLDialogElement) {
    event.preventDefault();
    dialog.showModal();
  }
  if (event.target.closest?.("[data-close]")) event.target.closest("dialog")?.close();
});
document.addEventListener("pointerdown", (event) => {
  if (!(event.target instanceof HTMLDialogElement)) return;
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) event.target.close();
});

// Popovers that are part of the page on a wide window must not stay open over it.
matchMedia("(width >= 1000px)").addEventListener("change", (query) => {
  if (query.matches) document.querySelectorAll(".main-nav:popover-open, .rail:popover-open").forEach((one) => one.hidePopover());
});
