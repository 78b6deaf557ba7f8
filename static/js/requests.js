// htmx requests: aria-busy on the swap target, a word when the server does not answer, the new count spoken.

import { announce, whenever } from "./page.js";
import { showError } from "./toasts.js";

const busy = new WeakMap();
const asked = new WeakMap();

function change(target, step) {
  const under = Math.max(0, (busy.get(target) ?? 0) + step);
  busy.set(target, under);
  if (under) target.setAttribute("aria-busy", "true");
  else target.removeAttribute("aria-busy");
}

document.addEventListener("htmx:before:request", (event) => {
  const { ctx } = event.detail;
  const target = ctx.target;
  if (!(target instanceof Element) || target === document.body) return;
  change(target, 1);
  asked.set(ctx, target);
});

// It reaches the document in any case: from an asking element that has left the page meanwhile, htmx sends it here.
document.addEventListener("htmx:finally:request", ({ detail: { ctx } }) => {
  const target = asked.get(ctx);
  if (target && asked.delete(ctx)) change(target, -1);
});

/** Asks once more for what `element` asked for: as if a person had sent, chosen or pressed it. */
export function retry(element) {
  if (element instanceof HTMLFormElement) element.requestSubmit();
  else if (element.matches?.("select, input")) element.dispatchEvent(new Event("change", { bubbles: true }));
  else element.click?.();
}

document.addEventListener("htmx:error", (event) => {
  const { ctx } = event.detail;
  if (!ctx || ctx.response) return; // Not a request, or one that was answered.
  const asking = ctx.sourceElement ?? event.target;
  showError("The server did not answer. Your text is still here.", asking.isConnected ? () => retry(asking) : null);
});

// A proxy's own error page must not be swapped into ours. Our errors carry a mark.
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  const status = ctx.response?.status ?? 200;
  if (status < 500 || /id="error"|<hx-partial|data-toast/.test(ctx.text ?? "")) return;
  event.preventDefault();
  showError(`The server could not do this (${status}). Your text is still here.`);
});

// A live region that is replaced as a whole is not spoken; one whose text changes is.
let spoken = null;
whenever("#count", (element) => {
  const text = element.textContent.trim();
  if (spoken !== null && text !== spoken) announce(text);
  spoken = text;
});
document.addEventListener("htmx:after:swap", () => { spoken = document.getElementById("count")?.textContent.trim() ?? spoken; });

// A link that its own answer took away (a filter chip, the last page): go on from the content, not from the top.
document.addEventListener("htmx:after:swap", () => {
  if (document.activeElement === document.body) document.getElementById("main")?.focus({ preventScroll: true });
});
