// <time datetime data-relative>: "4 min ago" (or "4 minutes ago" with "long"); the tooltip keeps full UTC.

import { whenever } from "./page.js";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function count(number, long, short, unit) {
  if (!long) return `${number} ${short} ago`;
  return `${number} ${unit}${number === 1 ? "" : "s"} ago`;
}

// The zone of the profile, or undefined for that of the device. A browser may not know every name.
function ownZone() {
  const timeZone = document.documentElement.dataset.timeZone;
  try {
    return timeZone && new Intl.DateTimeFormat("en-GB", { timeZone }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}

const ZONE = ownZone() || undefined;
const CALENDAR = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, year: "numeric", month: "numeric", day: "numeric" });

// The date on the wall: its year, and its day counted from a fixed one.
function wall(moment) {
  const { year, month, day } = Object.fromEntries(CALENDAR.formatToParts(moment).map(({ type, value }) => [type, Number(value)]));
  return { year, day: Date.UTC(year, month - 1, day) / 1000 / DAY };
}

/** Returns the words for `moment` as seen at `now`, in the time zone of the person. */
export function relative(moment, now = new Date(), long = false) {
  const seconds = Math.round((now - moment) / 1000);
  const [then, today] = [wall(moment), wall(now)];
  const days = today.day - then.day;
  if (seconds > -MINUTE && seconds < MINUTE) return long ? "just now" : "Just now";
  if (seconds >= MINUTE && seconds < HOUR) return count(Math.floor(seconds / MINUTE), long, "min", "minute");
  if (seconds >= HOUR && (days === 0 || seconds < 12 * HOUR)) return count(Math.floor(seconds / HOUR), long, "h", "hour");
  if (days === 1) return "Yesterday";
  if (days > 1 && days < 7) return `${days} days ago`;
  const year = then.year === today.year ? {} : { year: "numeric" };
  return new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, day: "numeric", month: long ? "long" : "short", ...year }).format(moment);
}

function write(element) {
  const moment = new Date(element.dateTime);
  if (Number.isNaN(moment.getTime())) return;
  const words = relative(moment, new Date(), element.dataset.relative === "long");
  if (element.textContent !== words) element.textContent = words;
}

const writeAll = () => document.querySelectorAll("time[data-relative]").forEach(write);

whenever("time[data-relative]", write);
setInterval(writeAll, 60_000);
document.addEventListener("htmx:after:swap", writeAll); // Morphing puts the server's words back.
document.addEventListener("visibilitychange", () => { if (!document.hidden) writeAll(); });
