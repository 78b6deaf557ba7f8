// Completion from the JSON Schemas of the kinds: keys where they may stand, values that are allowed, names of records.

import { startCompletion } from "../../vendor/codemirror/codemirror.js";
import { placeAt } from "./place.js";

const asked = new Map();

// Each address is asked for once; what failed is asked for again the next time.
function load(address) {
  if (!asked.has(address)) {
    const answer = fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" })
      .then((response) => (response.ok ? response.json() : null))
      .catch(() => null);
    answer.then((found) => { if (!found) asked.delete(address); });
    asked.set(address, answer);
  }
  return asked.get(address);
}

/** Returns the schemas that a part stands for: itself, what it refers to, and each of its choices. */
function choices(schema, part) {
  if (!part) return [];
  const found = [part];
  if (part.$ref) found.push(...choices(schema, schema.$defs[part.$ref.split("/").pop()]));
  for (const option of part.anyOf ?? []) found.push(...choices(schema, option));
  return found;
}

function follow(schema, path) {
  let parts = choices(schema, schema);
  for (const step of path) {
    parts = parts.flatMap((part) => choices(schema, step === "[]" ? part.items : part.properties?.[step]));
  }
  return parts;
}

const about = (parts) => parts.find((part) => part.description)?.description ?? "";

function information(parts) {
  const start = parts.find((part) => part.default !== undefined)?.default;
  const words = start === undefined || start === null || start === "" || typeof start === "object" ? "" : `Without it: ${start}.`;
  return [about(parts), words].filter(Boolean).join(" ") || undefined;
}

// What stands after a key that is put in: its value on the line, a map or a list below it.
function after(parts, column) {
  const inner = " ".repeat(column + 2);
  if (parts.some((part) => part.properties)) return `:\n${inner}`;
  if (parts.some((part) => part.type === "array" && part.items)) return `:\n${inner}- `;
  return ": ";
}

function putKey(key, parts, column) {
  return (view, _completion, from, to) => {
    const line = view.state.doc.lineAt(to);
    const rest = view.state.sliceDoc(to, line.to);
    const text = /^[\w./$-]*[ \t]*:/.test(rest) ? key : key + after(parts, column);
    view.dispatch({
      changes: { from, to, insert: text },
      selection: { anchor: from + text.length },
      userEvent: "input.complete",
      scrollIntoView: true,
    });
    if (text !== key) startCompletion(view);
  };
}

function keys(schema, place) {
  const parts = follow(schema, place.path);
  const found = new Map();
  for (const part of parts) {
    for (const [key, property] of Object.entries(part.properties ?? {})) {
      if (place.beside.has(key) || found.has(key)) continue;
      const inside = choices(schema, property);
      const needed = part.required?.includes(key);
      found.set(key, {
        label: key,
        detail: needed ? "required" : undefined,
        info: information(inside),
        boost: needed ? 1 : 0,
        apply: putKey(key, inside, place.column),
      });
    }
  }
  return [...found.values()];
}

/** Returns the names that the documents of a text give to records of a kind. */
function namesIn(text, kind) {
  return text.split(/^---(?=\s|$)/m).flatMap((part) => {
    if (/^kind[ \t]*:[ \t]*["']?(\w+)/m.exec(part)?.[1] !== kind) return [];
    return /^metadata[ \t]*:[ \t]*\n(?:[ \t].*\n)*?[ \t]+name[ \t]*:[ \t]*["']?(\w+)/m.exec(part)?.[1] ?? [];
  });
}

async function values(schema, place, sources, doc) {
  const parts = follow(schema, place.key ? [...place.path, place.key] : place.path);
  const texts = new Map();
  const offer = (value, detail) => {
    const text = String(value);
    if (!texts.has(text)) texts.set(text, { label: text, detail });
  };
  for (const part of parts) {
    for (const value of part.enum ?? part.examples ?? []) offer(value);
    if (part.type === "boolean") { offer("true"); offer("false"); }
  }
  const kind = parts.find((part) => part["x-names"])?.["x-names"];
  if (kind) for (const name of namesIn(doc.toString(), kind)) offer(name, "in this text");
  if (kind && sources.names) {
    const answer = await load(`${sources.names}?kind=${encodeURIComponent(kind)}`);
    for (const name of answer?.names ?? []) offer(name, kind);
  }
  return [...texts.values()];
}

/** Returns the source of completions; `sources` says the `kinds`, and the addresses of `schemas` (KIND) and `names`. */
export function completeFrom(sources) {
  return async (context) => {
    const place = placeAt(context.state.doc, context.pos);
    if (!place || (!context.explicit && place.from === context.pos && place.key === null && !place.isItem && !place.path.length)) return null;
    const isKind = place.key === "kind" && !place.path.length;
    if (isKind) return { from: place.from, options: sources.kinds.map((label) => ({ label })), validFor: /^\w*$/ };
    // Before the kind is there, the outermost keys are known: they are the same for all.
    const kind = place.kind ?? (place.path.length ? null : sources.kinds[0]);
    const schema = kind && await load(sources.schemas.replace("KIND", encodeURIComponent(kind)));
    if (!schema || context.aborted) return null;
    const options = place.key === null ? keys(schema, place) : [];
    if (place.key !== null || place.isItem) options.push(...await values(schema, place, sources, context.state.doc));
    return options.length ? { from: place.from, options, validFor: /^[\w./@$-]*$/ } : null;
  };
}
