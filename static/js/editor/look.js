// How the editor looks: the colours are the page's own tokens, which reach into the shadow root and follow its theme.

import { Decoration, EditorView, HighlightStyle, RangeSet, ViewPlugin, syntaxHighlighting, syntaxTree, tags } from "../../vendor/codemirror/codemirror.js";

const RING = "2px solid var(--accent)";
const BUTTON = {
  height: "26px", padding: "0 8px", border: "1px solid var(--line-2)", borderRadius: "var(--r-2)", background: "var(--raised)",
  color: "var(--fg)", font: "520 var(--t-sm)/1 var(--font)", cursor: "pointer",
};
// CodeMirror draws these lines with images in data: addresses, which the content security policy does not load.
const wavy = (colour) => ({
  backgroundImage: "none", paddingBottom: 0, textDecoration: `underline wavy ${colour}`, textUnderlineOffset: "4px", textDecorationSkipInk: "none",
});

const theme = EditorView.theme({
  "&": {
    minHeight: "240px", maxHeight: "min(62vh, 760px)", color: "var(--fg)", backgroundColor: "var(--sunken)",
    border: "1px solid var(--field)", borderRadius: "var(--r-2)", fontSize: ".75rem", overflow: "hidden",
  },
  "&.cm-focused": { outline: RING, outlineOffset: "1px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "19px", overflow: "auto", fontVariantLigatures: "none" },
  ".cm-content": { padding: "8px 0", caretColor: "var(--fg)" },
  ".cm-line": { padding: "0 12px 0 6px" },
  ".cm-gutters": { backgroundColor: "var(--sunken)", color: "var(--fg-3)", border: 0, paddingLeft: "4px" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "30px", padding: "0 8px 0 4px" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--hover)" },
  ".cm-activeLineGutter": { color: "var(--fg)" },
  ".cm-line-error, .cm-has-error": { backgroundColor: "var(--bad-bg)" },
  ".cm-line-notice, .cm-has-notice": { backgroundColor: "var(--warn-bg)" },
  ".cm-has-error": { color: "var(--bad)", fontWeight: 700, boxShadow: "inset 3px 0 var(--bad)" },
  ".cm-has-notice": { color: "var(--warn)", fontWeight: 700, boxShadow: "inset 3px 0 var(--warn)" },
  ".cm-lintRange-error, .cm-lintRange-warning, .cm-lintRange-info, .cm-lintRange-hint": { backgroundImage: "none" },
  ".cm-lintRange-error": wavy("var(--bad)"),
  ".cm-lintRange-info": wavy("var(--warn)"),
  ".cm-lintRange-active": { backgroundColor: "var(--bad-mark)" },
  ".cm-lintPoint:after": { borderBottomColor: "var(--bad)" },
  "&.cm-focused .cm-matchingBracket, .cm-matchingBracket": { backgroundColor: "var(--accent-bg)", outline: "1px solid var(--accent-line)", color: "inherit" },
  "&.cm-focused .cm-nonmatchingBracket, .cm-nonmatchingBracket": { backgroundColor: "var(--bad-bg)", color: "inherit" },
  ".cm-selectionMatch": { backgroundColor: "var(--accent-bg)" },
  ".cm-searchMatch": { backgroundColor: "light-dark(#fff0b8, #4d3d0b)", outline: "1px solid transparent" },
  ".cm-searchMatch-selected": { backgroundColor: "var(--accent-bg)", outline: RING },
  ".cm-value, .cm-value *": { color: "var(--code-value)" },
  ".cm-specialChar": { color: "var(--bad)" },

  ".cm-tooltip": { background: "var(--raised)", color: "var(--fg)", border: 0, borderRadius: "var(--r-3)", boxShadow: "var(--shadow)", font: "400 var(--t-sm)/18px var(--font)", maxWidth: "min(460px, 92vw)", zIndex: 8 },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { font: "400 .75rem/19px var(--mono)", maxHeight: "220px", padding: "4px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "4px 8px", borderRadius: "var(--r-1)", display: "flex", alignItems: "baseline", gap: "12px" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { background: "var(--accent-fill)", color: "#fff" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: 700 },
  ".cm-completionDetail": { marginLeft: "auto", font: "400 var(--t-xs)/16px var(--font)", color: "var(--fg-3)" },
  "li[aria-selected] .cm-completionDetail": { color: "inherit" },
  ".cm-tooltip.cm-completionInfo": { padding: "8px 10px", maxWidth: "280px" },

  ".cm-diagnostic": { padding: "8px 10px", border: 0 },
  ".cm-diagnostic + .cm-diagnostic": { borderTop: "1px solid var(--line)" },
  ".cm-hint": { color: "var(--fg-2)" },
  ".cm-diagnosticAction": { ...BUTTON, margin: "6px 6px 0 0" },
  ".cm-diagnosticAction:hover": { background: "var(--hover)" },
  ".cm-diagnosticAction u": { textDecoration: "none" },

  ".cm-panels": { backgroundColor: "var(--surface)", color: "var(--fg)", borderColor: "var(--line)" },
  ".cm-panels-top": { borderBottom: "1px solid var(--line)" },
  ".cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-panel.cm-search": { padding: "8px 34px 8px 10px", display: "flex", flexWrap: "wrap", alignItems: "center", gap: "6px 8px", font: "400 var(--t-sm)/18px var(--font)" },
  ".cm-panel.cm-search br": { display: "none" },
  ".cm-panel.cm-search label": { display: "inline-flex", alignItems: "center", gap: "4px", fontSize: "inherit", margin: 0 },
  ".cm-panel.cm-search input[type=checkbox]": { accentColor: "var(--accent-fill)", margin: 0 },
  ".cm-textfield": { height: "26px", padding: "0 8px", margin: 0, border: "1px solid var(--field)", borderRadius: "var(--r-2)", background: "var(--surface)", color: "var(--fg)", font: "400 var(--t-sm)/1 var(--mono)" },
  ".cm-button": { ...BUTTON, margin: 0, backgroundImage: "none" },
  ".cm-button:hover": { background: "var(--hover)" },
  ".cm-button:active": { backgroundImage: "none", background: "var(--sunken)" },
  ".cm-panel.cm-search button[name=close]": { position: "absolute", top: "6px", right: "8px", width: "26px", height: "26px", margin: 0, fontSize: "18px", color: "var(--fg-3)", cursor: "pointer" },
  ":is(.cm-textfield, .cm-button, .cm-diagnosticAction, input, button):focus-visible": { outline: RING, outlineOffset: "1px" },
  "@media (pointer: coarse)": {
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "8px" },
    ".cm-diagnosticAction": { height: "36px" },
  },
  "@media (forced-colors: active)": {
    ".cm-tooltip": { border: "1px solid" },
    ".cm-tooltip.cm-tooltip-autocomplete > ul > li[aria-selected]": { forcedColorAdjust: "none", background: "Highlight", color: "HighlightText" },
    ".cm-has-error, .cm-has-notice": { borderLeft: "3px solid Mark" },
  },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--code-key)" },
  { tag: [tags.string, tags.content, tags.special(tags.string)], color: "var(--code-text)" },
  { tag: [tags.number, tags.bool, tags.null, tags.attributeValue], color: "var(--code-value)" },
  { tag: tags.comment, color: "var(--fg-3)", fontStyle: "italic" },
  { tag: [tags.meta, tags.typeName, tags.labelName], color: "var(--fg-2)" },
]);

// To the grammar every plain word is alike; people look for what is read as a number, true, false or nothing.
const VALUE = /^(?:[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:e[-+]?\d+)?|0x[\da-f]+|0o[0-7]+|true|false|null|~)$/i;
const value = Decoration.mark({ class: "cm-value" });

function valuesOf(view) {
  const found = [];
  for (const { from, to } of view.visibleRanges) {
    syntaxTree(view.state).iterate({
      from,
      to,
      enter: (node) => {
        if (node.name !== "Literal" || node.to - node.from > 40 || node.node.parent?.name === "Key") return;
        if (VALUE.test(view.state.sliceDoc(node.from, node.to))) found.push(value.range(node.from, node.to));
      },
    });
  }
  return RangeSet.of(found, true);
}

const values = ViewPlugin.fromClass(class {
  constructor(view) {
    this.decorations = valuesOf(view);
  }

  update(update) {
    if (update.docChanged || update.viewportChanged || syntaxTree(update.startState) !== syntaxTree(update.state)) this.decorations = valuesOf(update.view);
  }
}, { decorations: (plugin) => plugin.decorations });

/** The extensions that give the editor its look. */
export const look = [theme, syntaxHighlighting(colours), values];
