// A page that somebody is about to open is asked for while the pointer rests on its link, or the finger comes down: rows of
// lists, the main nav, tabs and crumbs. The server lets the browser keep the answer for five seconds (web/security.py).
// Links only, so nothing is ever written or signed out; one at a time; nothing where a person saves data.

const LINKS = ".list .name, .main-nav a, .tabs a, .crumbs a";
const REST = 90;
const KEPT = 5000;

const asked = new Map(); // address: when
let timer = null;
let running = null;

const saves = () => navigator.connection?.saveData === true;
// Read to its end, because the browser keeps whole answers only.
const get = (url, cache) =>
  fetch(url, { cache, priority: "low", headers: { "X-Preload": "1" }, signal: running?.signal }).then((answer) => answer.blob());

function preload(link) {
  const url = link.href.split("#")[0];
  const isHere = url === location.href.split("#")[0];
  if (isHere || link.origin !== location.origin || link.target || link.download || Date.now() - (asked.get(url) ?? 0) < KEPT) return;
  running?.abort();
  running = new AbortController();
  asked.set(url, Date.now());
  get(url, "default").catch(() => asked.delete(url)); // Aborted, or no answer: the click itself will tell.
}

function over(event) {
  const link = event.target.closest?.(LINKS);
  clearTimeout(timer);
  if (!link || saves()) return;
  if (event.type === "touchstart") preload(link);
  else timer = setTimeout(() => preload(link), REST);
}
document.addEventListener("mouseover", over);
document.addEventListener("touchstart", over, { passive: true });

// What was written since may stand on a page that was asked for before: ask anew.
document.addEventListener("htmx:after:request", (event) => {
  const method = event.detail.ctx?.request?.method ?? "GET";
  if (method.toUpperCase() === "GET") return;
  for (const [url, when] of asked) {
    asked.delete(url);
    if (Date.now() - when < KEPT) get(url, "reload").catch(() => {});
  }
});

// A page that was fetched ahead opens without a request, so the server does not know that somebody looks at its record:
// the palette, which lists what was opened last, is asked for in its name.
const at = document.querySelector("#pal-form [name=at]")?.value;
const [opened] = performance.getEntriesByType("navigation");
if (at && opened?.type === "navigate" && opened.transferSize === 0) {
  fetch(`/palette?at=${encodeURIComponent(at)}`, { priority: "low", headers: { "HX-Request-Type": "partial" } })
    .then((answer) => answer.blob())
    .catch(() => {});
}
