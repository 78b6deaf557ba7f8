// [data-newer]: while somebody looks at a list, asks now and then whether others have made something since. Rows never move by
// themselves: a line above them says how many there are and leads to the list as it is now.

import { announce } from "./page.js";

const EVERY = 30_000;
const AT_LEAST = 5_000;
let asked = Date.now();

async function ask() {
  const bar = document.querySelector("[data-newer]");
  if (!bar || document.hidden || Date.now() - asked < AT_LEAST) return;
  asked = Date.now();
  let answer;
  try {
    answer = await fetch(bar.dataset.newer, { headers: { Accept: "application/json" }, redirect: "error" });
  } catch {
    return; // Away for a moment: the next look asks again.
  }
  // Signed out, or a list that cannot be shown any more: the page says so when it is used.
  if (answer.status >= 400 && answer.status < 500) bar.removeAttribute("data-newer");
  if (answer.status !== 200) return;
  const { text } = await answer.json();
  const words = bar.querySelector("span");
  if (!bar.isConnected || words.textContent === text) return;
  words.textContent = text;
  bar.hidden = false;
  announce(text);
}

setInterval(ask, EVERY);
addEventListener("focus", ask);
document.addEventListener("visibilitychange", ask);
