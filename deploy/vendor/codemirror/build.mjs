// Writes static/vendor/codemirror/: the module, its licences, and which versions it was made of. The same lock file
// gives the same bytes. See README.md.

import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync, mkdirSync, existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, "../../../static/vendor/codemirror");

const result = await build({
  absWorkingDir: here,
  entryPoints: ["codemirror.js"],
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  charset: "utf8",
  legalComments: "none",
  metafile: true,
  write: false,
});

// Only packages whose code is in the file are named.
const names = new Set();
for (const path of Object.keys(result.metafile.inputs)) {
  const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
  if (found) names.add(found[1]);
}
const packages = [...names].sort().map((name) => {
  const folder = join(here, "node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  return { name, version, license, text: file ? readFileSync(join(folder, file), "utf8").trim() : license };
});

const code = Buffer.from(`/*! CodeMirror 6 for Plugdeck. MIT, see LICENSE. Built by deploy/vendor/codemirror. */\n${result.outputFiles[0].text}`);
const digest = createHash("sha256").update(code).digest("hex");
const licences = new Map();
for (const { name, text } of packages) licences.set(text, [...(licences.get(text) ?? []), name]);

if (!existsSync(target)) mkdirSync(target, { recursive: true });
writeFileSync(join(target, "codemirror.js"), code);
writeFileSync(join(target, "LICENSE"), [...licences].map(([text, used]) => `${used.join(", ")}\n\n${text}\n`).join("\n----\n\n"));
writeFileSync(
  join(target, "VERSIONS"),
  `${[...packages.map(({ name, version }) => `${name} ${version}`), `sha256 codemirror.js ${digest}`].join("\n")}\n`,
);
console.log(`${code.length.toLocaleString("en")} bytes, sha256 ${digest}`);
