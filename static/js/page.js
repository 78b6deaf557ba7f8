// What every other module needs: speaking to screen readers, and meeting new content wherever it comes from.

const enhancers = [];

/** Says `text` in the polite live region; an equal text is said again. */
export function announce(text) {
  const live = document.getElementById("live");
  if (!live) return;
  live.textContent = "";
  setTimeout(() => { live.textContent = text; }, 60);
}

/** Returns root and its descendants that match. */
export function all(selector, root = document) {
  const found = [...root.querySelectorAll(selector)];
  if (root instanceof Element && root.matches(selector)) found.unshift(root);
  return found;
}

/** Calls `enhance(element)` once for each match of `selector`, now and whenever one is swapped in. */
export function whenever(selector, enhance) {
  const seen = new WeakSet();
  const visit = (root) => {
    for (const element of all(selector, root)) {
      if (seen.has(element)) continue;
      seen.add(element);
      enhance(element);
    }
  };
  enhancers.push(visit);
  visit(document);
}

/** Returns an icon of the sprite, whose hashed address is taken from an icon that the server wrote. */
export function icon(name, className = "") {
  const sprite = document.querySelector("svg.i use")?.getAttribute("href")?.split("#")[0] ?? "/static/icons.svg";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", className ? `i ${className}` : "i");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

/** Returns an element with properties and children; text children are never parsed as markup. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/** True while a person types, so that single keys stay letters. */
export function isTyping(event) {
  if (event.isComposing || event.keyCode === 229) return true;
  const target = event.composedPath()[0] ?? event.target; // Inside an editor, which stands in a shadow root.
  if (!(target instanceof Element)) return false;
  if (target.matches("input[type=checkbox], input[type=radio], input[type=file], input[type=submit]")) return false;
  return target.matches("input, textarea, select") || target.isContentEditable;
}

/** True when the person has turned off the shortcuts that are a single key (their profile says so). */
export function singleKeysAreOff() {
  return document.documentElement.dataset.keys === "off";
}

// A mutation observer, not htmx events: those do not reach the document when the element that asked is gone.
new MutationObserver((records) => {
  for (const record of records) {
    for (const node of record.addedNodes) {
      if (node.nodeType === Node.ELEMENT_NODE) enhancers.forEach((visit) => visit(node));
    }
  }
}).observe(document.documentElement, { childList: true, subtree: true });
