// Toasts leave after 5 s, wait while the pointer or focus is on them, and stay when they report an error.

import { announce, icon, make, whenever } from "./page.js";

const BRIEF = 5000;

function leave(toast) {
  if (!toast.isConnected) return;
  const hadFocus = toast.contains(document.activeElement);
  toast.classList.add("leaving");
  setTimeout(() => toast.remove(), 150);
  if (hadFocus) document.getElementById("main")?.focus({ preventScroll: true });
}

whenever("[data-toast=brief]", (toast) => {
  let timer = setTimeout(() => leave(toast), BRIEF);
  const hold = () => clearTimeout(timer);
  const go = () => {
    clearTimeout(timer);
    if (!toast.matches(":hover, :focus-within")) timer = setTimeout(() => leave(toast), BRIEF);
  };
  toast.addEventListener("mouseenter", hold);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("mouseleave", go);
  toast.addEventListener("focusout", () => setTimeout(go));
});

document.addEventListener("click", (event) => {
  const dismiss = event.target.closest?.("[data-dismiss]");
  if (dismiss) leave(dismiss.closest(".toast, .note"));
});

/** Shows an error that stays; `retry` adds a button "Try again". The same text is not shown twice. */
export function showError(text, retry = null) {
  const region = document.getElementById("alerts");
  if (!region || [...region.querySelectorAll(".toast > span")].some((span) => span.textContent === text)) return;
  const toast = make("div", { className: "toast" }, icon("alert-circle", "bad"), make("span", { textContent: text }));
  toast.dataset.toast = "stay";
  if (retry) {
    const again = make("button", { type: "button", className: "btn small", textContent: "Try again" });
    again.addEventListener("click", () => { leave(toast); retry(); });
    toast.append(again);
  }
  const dismiss = make("button", { type: "button", className: "btn quiet small icon" }, icon("x"));
  dismiss.setAttribute("aria-label", "Dismiss");
  dismiss.dataset.dismiss = "";
  toast.append(dismiss);
  region.append(toast);
}

/** Shows a line for a moment, as the server's messages are shown. */
export function say(text, glyph = "check") {
  const toast = make("div", { className: "toast" }, icon(glyph, glyph === "check" ? "ok" : ""), make("span", { textContent: text }));
  toast.dataset.toast = "brief";
  document.getElementById("toasts")?.append(toast);
}

// What is in a live region when the page loads is not spoken by itself.
const loaded = [...document.querySelectorAll("#alerts .toast > span, #toasts .toast > span")].map((span) => span.textContent.trim());
if (loaded.length) setTimeout(() => announce(loaded.join(" ")), 400);
