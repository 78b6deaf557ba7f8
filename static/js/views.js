// Saved views: a list that was filtered on from a view offers to let that view mean it. The address is the only state of a
// list, so which view was opened last is known to this tab alone.

import { whenever } from "./page.js";

const OPENED = "view";

function remember(key) {
  try {
    if (key === undefined) return sessionStorage.getItem(OPENED);
    if (key) sessionStorage.setItem(OPENED, key);
    else sessionStorage.removeItem(OPENED);
  } catch { /* A browser that keeps nothing offers the menu alone. */ }
  return null;
}

whenever("#view", (place) => {
  const choice = place.querySelector("#view-which");
  if (place.dataset.own) remember(place.dataset.own);
  else if (!choice) remember("");
  const opened = choice && remember();
  const option = opened && [...choice.options].find((one) => one.value === opened);
  if (!option) return;
  option.selected = true;
  const again = place.querySelector("#view-again");
  again.textContent = `Update “${option.textContent}”`;
  again.hidden = false;
});
