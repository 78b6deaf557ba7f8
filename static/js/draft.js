// <form data-draft="address"> is kept on the server while somebody fills it in, so that a tab that dies takes nothing with it.
// Chosen files are not kept. What was kept is dropped when the form is saved: it carries the token of its draft.

import { whenever } from "./page.js";

const PAUSE = 1500; // after the last change
const AT_LEAST = 5000; // while somebody types on and on
const KEEPALIVE_MAX = 60_000; // what a browser sends for a page that is gone

const kept = new Map();

function body(form) {
  const fields = new URLSearchParams();
  for (const [name, value] of new FormData(form)) {
    if (typeof value === "string") fields.append(name, value);
  }
  return fields.toString();
}

function note(form, words) {
  for (const place of form.querySelectorAll("[data-draft-kept]")) place.textContent = words;
}

async function keep(form, state, leaving = false) {
  clearTimeout(state.timer);
  clearTimeout(state.latest);
  state.timer = state.latest = null;
  const text = body(form);
  if (state.off || !form.isConnected || text === state.last) return;
  if (leaving && text.length > KEEPALIVE_MAX) return;
  state.request?.abort();
  state.request = new AbortController();
  try {
    const answer = await fetch(form.dataset.draft, {
      method: "POST", body: new URLSearchParams(text), keepalive: leaving, signal: state.request.signal, redirect: "error",
    });
    if (answer.ok) {
      state.last = text;
      note(form, "Draft kept");
    } else if (answer.status === 413) {
      note(form, "Too long to keep a draft");
    } else if (answer.status < 500) {
      state.off = true; // Signed out meanwhile: saving the form asks for it and loses nothing.
    }
  } catch {
    // No answer: the next change tries again.
  }
}

function soon(form, state) {
  clearTimeout(state.timer);
  state.timer = setTimeout(() => keep(form, state), PAUSE);
  state.latest ??= setTimeout(() => keep(form, state), AT_LEAST);
}

// A tick later, so that tag boxes of the same form are in place before its start is remembered.
whenever("form[data-draft]", (form) => setTimeout(() => {
  const state = { last: body(form), off: false, timer: null, latest: null, request: null };
  kept.set(form, state);
  if (form.dataset.guard !== "dirty") return;
  state.last = null; // It came back with errors: what stands here is saved nowhere.
  soon(form, state);
}));

function changed(event) {
  const form = event.target.form ?? event.target.closest?.("form");
  const state = kept.get(form);
  if (state && !state.off) soon(form, state);
}
document.addEventListener("input", changed);
document.addEventListener("change", changed);
document.addEventListener("click", changed); // Buttons that add and remove rows.

// Whoever sends the form wants no draft of it; what was on its way must not come after the save.
addEventListener("submit", (event) => {
  const state = kept.get(event.target);
  if (!state || event.defaultPrevented) return;
  clearTimeout(state.timer);
  clearTimeout(state.latest);
  state.request?.abort();
  state.off = true;
});
addEventListener("pageshow", () => { for (const state of kept.values()) state.off = false; });

const leave = () => { for (const [form, state] of kept) if (state.timer) keep(form, state, true); };
addEventListener("pagehide", leave);
document.addEventListener("visibilitychange", () => { if (document.hidden) leave(); });
