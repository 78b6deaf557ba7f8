// Where in a manifest a position is: the keys above it, by indentation. It works on texts that are not YAML yet, which is
// what a text is while it is being typed; in flow style ({a: b}), comments and blocks of text it finds nothing.

const START = /^(?:---(?=\s|$)|\.\.\.\s*$)/;
const DASHES = /^( *)((?:- +|-$)*)/;
const KEY = /^(["']?)([\w./$-]+)\1[ \t]*:(?=[ \t]|$)/;
const ITEM = "[]";

/** Returns what a line holds: the columns of its dashes, and its key with its column and the text after the colon. */
function read(text) {
  const [lead, spaces, dashes] = DASHES.exec(text);
  const columns = [...dashes.matchAll(/-/g)].map((dash) => spaces.length + dash.index);
  const rest = text.slice(lead.length);
  const key = KEY.exec(rest);
  return {
    blank: !text.trim() || rest.startsWith("#"),
    dashes: columns,
    column: lead.length,
    key: key?.[2],
    value: key ? rest.slice(key[0].length).replace(/(?:^|\s)#.*$/, "").trim() : rest.trim(),
  };
}

/** Returns the numbers of the first and last line of the document that a line belongs to. */
function documentAround(doc, number) {
  let first = number;
  while (first > 1 && !START.test(doc.line(first).text)) first -= 1;
  let last = number;
  while (last < doc.lines && !START.test(doc.line(last + 1).text)) last += 1;
  return [first, last];
}

/** Returns the keys beside a key or cursor at a column, up and down until the text is further left. */
function siblings(doc, number, [first, last], column, isFirst) {
  const found = new Set();
  for (let at = number + 1; at <= last; at += 1) {
    const line = read(doc.line(at).text);
    if (line.blank) continue;
    if (line.column < column || line.dashes.some((dash) => dash < column)) break;
    if (line.column === column && line.key) found.add(line.key);
  }
  for (let at = number - 1; at >= first && !isFirst; at -= 1) {
    const line = read(doc.line(at).text);
    if (line.blank) continue;
    if (line.column === column && line.key) found.add(line.key);
    if (line.column < column || line.dashes.some((dash) => dash < column)) break;
  }
  return found;
}

/** Returns the keys that lead to a column of a line, null when the text there is no YAML structure. */
function pathTo(doc, number, first, column, dashes) {
  const path = [];
  let edge = column;
  let inList = false;
  const enter = (columns) => {
    for (const dash of [...columns].reverse()) {
      if (dash >= edge) continue;
      path.unshift(ITEM);
      edge = dash;
      inList = true;
    }
  };
  enter(dashes);
  for (let at = number - 1; at >= first && (edge > 0 || inList); at -= 1) {
    const line = read(doc.line(at).text);
    if (line.blank) continue;
    const above = line.column < edge || (inList && line.column === edge && !line.dashes.length);
    if (above) {
      // Text below a text is a part of it.
      if (!line.key || (line.value && !/^[&!]/.test(line.value))) return null;
      path.unshift(line.key);
      edge = line.column;
      inList = false;
    }
    if (!inList || line.dashes.some((dash) => dash < edge)) enter(line.dashes);
  }
  return path;
}

function kindOf(doc, [first, last]) {
  for (let at = first; at <= last; at += 1) {
    const found = /^kind[ \t]*:[ \t]*["']?(\w+)/.exec(doc.line(at).text);
    if (found) return found[1];
  }
  return null;
}

/**
 * Returns where `position` is, null where nothing can be completed: `kind` of the document, `path` to what is typed,
 * `key` when its value is typed, `from` where the typed word begins, `column` of its line, `beside`: the keys there.
 */
export function placeAt(doc, position) {
  const line = doc.lineAt(position);
  const before = line.text.slice(0, position - line.from);
  if (/(?:^|\s)#/.test(before) || START.test(line.text)) return null;
  const [lead, , dashMarks] = DASHES.exec(before);
  const rest = before.slice(lead.length);
  const { dashes } = read(before);
  const bounds = documentAround(doc, line.number);
  const value = KEY.exec(rest);
  const word = value ? rest.slice(value[0].length).trimStart().replace(/^["']/, "") : rest.replace(/^["']/, "");
  if (value ? !/^[\w./@-]*$/.test(word) || rest.length === value[0].length : !/^[\w./$-]*$/.test(word)) return null;
  if (/-$/.test(dashMarks)) return null;
  const path = pathTo(doc, line.number, bounds[0], lead.length, dashes);
  if (!path) return null;
  return {
    kind: kindOf(doc, bounds),
    path,
    key: value?.[2] ?? null,
    from: position - word.length,
    column: lead.length,
    isItem: dashes.length > 0,
    beside: siblings(doc, line.number, bounds, lead.length, dashes.length > 0),
  };
}
