// <button data-copy="text"> and <button data-copy-from="#id">: the icon turns to a tick for 2 s, the live region says so.

import { announce } from "./page.js";

/** Puts a text on the clipboard and returns whether the browser allowed it. */
export async function write(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false; // Not a secure context, or the browser refused.
  }
}

function select(element) {
  if (element instanceof HTMLTextAreaElement || element instanceof HTMLInputElement) {
    element.focus();
    element.select();
    return;
  }
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}

// Without a clipboard the text is selected, so that the next key press copies it. A text that is not on the page
// (a link) is shown in a read-only field beside the button.
function offer(button, text, source) {
  const shown = source ?? [...(button.parentElement?.querySelectorAll("code") ?? [])].find((code) => code.textContent === text);
  if (shown) {
    select(shown);
  } else {
    const field = Object.assign(document.createElement("input"), { value: text, readOnly: true, size: 36, className: "mono" });
    field.setAttribute("aria-label", "Text to copy");
    button.after(field);
    select(field);
    field.addEventListener("blur", () => field.remove(), { once: true });
  }
  announce("The text is selected. Press Control C to copy it.");
}

function tick(button) {
  const use = button.querySelector("use");
  const address = use?.getAttribute("href");
  if (!use || button.dataset.ticked) return;
  button.dataset.ticked = "true";
  use.setAttribute("href", address.replace(/#.*$/, "#check"));
  use.parentElement.classList.add("ok");
  setTimeout(() => {
    use.setAttribute("href", address);
    use.parentElement.classList.remove("ok");
    delete button.dataset.ticked;
  }, 2000);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy], [data-copy-from]");
  if (!button) return;
  const source = button.dataset.copyFrom ? document.querySelector(button.dataset.copyFrom) : null;
  const text = button.dataset.copy ?? (source ? source.value ?? copyable(source) : "");
  if (await write(text)) {
    tick(button);
    button.dispatchEvent(new Event("copied", { bubbles: true }));
    announce(button.dataset.copied || "Copied");
  } else {
    offer(button, text, source);
  }
});

// Carets under a line are notes of ours, not part of the text.
function copyable(element) {
  const copy = element.cloneNode(true);
  copy.querySelectorAll(".caret").forEach((caret) => caret.remove());
  return copy.textContent;
}
