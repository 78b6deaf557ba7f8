// <button data-copy="text">, <button data-copy-from="#id"> and <button data-copy-url="/address">: the icon turns to a tick
// for 2 s, the live region says so.

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
    const lines = text.includes("\n");
    const field = Object.assign(document.createElement(lines ? "textarea" : "input"), { value: text, readOnly: true, className: "mono" });
    field[lines ? "rows" : "size"] = lines ? 6 : 36;
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
  const button = event.target.closest?.("[data-copy], [data-copy-from], [data-copy-url]");
  if (!button) return;
  if (button.dataset.copyUrl) {
    await copyAnswer(button);
    return;
  }
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

// The bytes that an address answers. The clipboard is given a promise, because some browsers only take it while the click
// is still under way; the others take the text afterwards.
async function copyAnswer(button) {
  const answer = fetch(button.dataset.copyUrl).then((response) => {
    const type = response.headers.get("content-type") ?? "";
    if (!response.ok || response.redirected || type.startsWith("text/html")) throw new Error(`${response.status}`);
    return response.text();
  });
  answer.catch(() => {}); // Told below, whichever way is tried.
  try {
    const blob = answer.then((text) => new Blob([text], { type: "text/plain" }));
    await navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })]);
  } catch {
    let text;
    try {
      text = await answer;
    } catch {
      announce("This could not be read. Open the Manifest page and copy it there.");
      return;
    }
    if (!await write(text)) {
      offer(button, text, null);
      return;
    }
  }
  tick(button);
  announce(button.dataset.copied || "Copied");
}
