"""YAML that means harm, or was mangled on its way, with the answer that each text gets; shared by unit and page tests."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Hostile:
    """A text and its answer: the place and the sentence; the line is 0 where the import as a whole is meant."""

    name: str
    content: str | bytes
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        """Return the name, for the id of a test."""
        return self.name


LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 10)
)

REFUSED = (
    Hostile(
        "repeated key", "a: 1\nb: 2\na: 3\n", 3, 1, "The key a is written twice here; the first is on line 1."
    ),
    Hostile(
        "repeated key in flow",
        "x: {a: 1, a: 2}\n",
        1,
        11,
        "The key a is written twice here; the first is on line 1.",
    ),
    Hostile(
        "repeated key quoted",
        'a: 1\n"a": 2\n',
        2,
        1,
        "The key a is written twice here; the first is on line 1.",
    ),
    Hostile(
        "repeated in JSON",
        '{"a": 1, "a": 2}',
        1,
        10,
        "The key a is written twice here; the first is on line 1.",
    ),
    Hostile(
        "python tag",
        "a: !!python/object/apply:os.system [id]\n",
        1,
        4,
        "The tag !!python/object/apply:os.system is not allowed: manifests hold plain text, numbers, lists and maps.",
    ),
    Hostile(
        "local tag",
        "a: !include secrets.yaml\n",
        1,
        4,
        "The tag !include is not allowed: manifests hold plain text, numbers, lists and maps.",
    ),
    Hostile(
        "env tag",
        "a: !ENV ${HOME}\n",
        1,
        4,
        "The tag !ENV is not allowed: manifests hold plain text, numbers, lists and maps.",
    ),
    Hostile(
        "binary",
        "a: !!binary aGk=\n",
        1,
        4,
        "The tag !!binary is not allowed: manifests hold plain text, numbers, lists and maps.",
    ),
    Hostile(
        "timestamp tag",
        "a: !!timestamp 2001-01-01\n",
        1,
        4,
        "The tag !!timestamp is not allowed: manifests hold plain text, numbers, lists and maps.",
    ),
    Hostile(
        "set",
        "a: !!set {x, y}\n",
        1,
        4,
        "The tag !!set is not allowed: manifests hold plain text, numbers, lists and maps.",
    ),
    Hostile(
        "omap",
        "a: !!omap [x: 1]\n",
        1,
        4,
        "The tag !!omap is not allowed: manifests hold plain text, numbers, lists and maps.",
    ),
    Hostile(
        "verbatim tag",
        "a: !<tag:example.org,2000:x> 1\n",
        1,
        4,
        "The tag tag:example.org,2000:x is not allowed: manifests hold plain text, numbers, lists and maps.",
    ),
    Hostile(
        "%TAG",
        "%TAG ! tag:example.org,2000:\n---\na: 1\n",
        1,
        1,
        "%TAG gives other names to tags, and manifests have no tags.",
    ),
    Hostile(
        "tag on a key",
        "!!python/name:os.system a: 1\n",
        1,
        1,
        "The tag !!python/name:os.system is not allowed: manifests hold plain text, numbers, lists and maps.",
    ),
    Hostile("wrong int tag", "a: !!int many\n", 1, 4, "This is not what !!int stands for."),
    Hostile(
        "unknown handle",
        "a: !e!x 1\n",
        1,
        4,
        "Tags are not allowed: manifests hold plain text, numbers, lists and maps.",
    ),
    Hostile("laughs", LAUGHS, 4, 10, "Aliases expand to more than 1,000 values here."),
    Hostile(
        "quadratic",
        "a: &a [" + "x, " * 400 + "]\nb: [*a, *a, *a]\n",
        2,
        13,
        "Aliases expand to more than 1,000 values here.",
    ),
    Hostile("self", "a: &a [*a]\n", 1, 8, "*a stands inside of what &a names, so it would never end."),
    Hostile("unknown alias", "a: *nowhere\n", 1, 4, "*nowhere has no &nowhere before it."),
    Hostile("alias key", "a: &x 1\n*x : 2\n", 2, 1, "An alias cannot be a key."),
    Hostile(
        "merge",
        "base: &b {x: 1}\nd:\n  <<: *b\n",
        3,
        3,
        "Merge keys (<<) are not read, because they can override what is written.",
    ),
    Hostile("deep flow", "[" * 60 + "]" * 60, 1, 51, "Lists and maps are nested more than 50 deep here."),
    Hostile(
        "deep block",
        "".join(f"{' ' * i}a:\n" for i in range(60)),
        51,
        51,
        "Lists and maps are nested more than 50 deep here.",
    ),
    Hostile("open brackets", "[" * 100000, 1, 51, "Lists and maps are nested more than 50 deep here."),
    Hostile("open braces", "{a: " * 20000, 1, 201, "Lists and maps are nested more than 50 deep here."),
    Hostile("utf-16 bom", "a: 1\n".encode("utf-16"), 1, 1, "This file is UTF-16 text; manifests are UTF-8."),
    Hostile(
        "utf-16-le",
        "kind: Plugin\n".encode("utf-16-le"),
        1,
        1,
        "This file looks like UTF-16 text; manifests are UTF-8.",
    ),
    Hostile(
        "utf-16-be",
        "kind: Plugin\n".encode("utf-16-be"),
        1,
        1,
        "This file looks like UTF-16 text; manifests are UTF-8.",
    ),
    Hostile("utf-32", "a: 1\n".encode("utf-32"), 1, 1, "This file is UTF-32 text; manifests are UTF-8."),
    Hostile(
        "latin-1",
        "name: café\n".encode("latin-1"),
        1,
        10,
        "Byte 0xE9 is not UTF-8. It looks like Latin-1 (Windows-1252) text, where it is “é”.",
    ),
    Hostile("windows", "quote: “x”\n".encode("cp1252"), 1, 8, "Byte 0x93 is not UTF-8."),
    Hostile("overlong", b"a: \xc0\xaf\n", 1, 4, "Byte 0xC0 is not UTF-8."),
    Hostile("surrogate bytes", b"a: \xed\xa0\x80\n", 1, 4, "Byte 0xED is not UTF-8."),
    Hostile("truncated", b"a: \xe2\x82", 1, 4, "Byte 0xE2 is not UTF-8."),
    Hostile("ebcdic", "a: 1".encode("cp500"), 1, 1, "Byte 0x81 is not UTF-8."),
    Hostile("NUL", "a: x\0y\n", 1, 5, "There is a NUL (U+0000) here. Manifests hold text only."),
    Hostile(
        "BEL",
        "ok: 1\na: x\x07y\n",
        2,
        5,
        "There is a control character (U+0007) here. Manifests hold text only.",
    ),
    Hostile(
        "DEL", "a: x\x7fy\n", 1, 5, "There is a control character (U+007F) here. Manifests hold text only."
    ),
    Hostile(
        "C1", "a: x\x9fy\n", 1, 5, "There is a control character (U+009F) here. Manifests hold text only."
    ),
    Hostile(
        "ESC",
        "a: \x1b[31mred\n",
        1,
        4,
        "There is a control character (U+001B) here. Manifests hold text only.",
    ),
    Hostile("escaped NUL", 'a: "x\\0y"\n', 1, 4, "This text holds a NUL character, which cannot be stored."),
    Hostile(
        "escaped NUL key", '"x\\0y": 1\n', 1, 1, "This key holds a NUL character, which cannot be stored."
    ),
    Hostile(
        "lone surrogate",
        "a: \ud800\n",
        1,
        4,
        "There is a half of a surrogate pair (U+D800) here. Manifests hold text only.",
    ),
    Hostile("escaped surrogate", 'a: "\\ud800"\n', 1, 7, "This escape is half of a character (a surrogate)."),
    Hostile("json surrogate", '{"a": "\\udc00"}', 1, 10, "This escape is half of a character (a surrogate)."),
    Hostile(
        "BOM inside",
        "a: b\ufeffc\n",
        1,
        5,
        "There is a byte order mark (U+FEFF) here. Manifests hold text only.",
    ),
    Hostile(
        "two BOMs",
        "\ufeff\ufeffa: 1\n",
        1,
        1,
        "There is a byte order mark (U+FEFF) here. Manifests hold text only.",
    ),
    Hostile(
        "noncharacter",
        "a: \uffff\n",
        1,
        4,
        "There is a code that is no character (U+FFFF) here. Manifests hold text only.",
    ),
    Hostile(
        "vt", "a: x\x0by\n", 1, 5, "There is a control character (U+000B) here. Manifests hold text only."
    ),
    Hostile(
        "form feed",
        "a: 1\n\x0cb: 2\n",
        2,
        1,
        "There is a control character (U+000C) here. Manifests hold text only.",
    ),
    Hostile("tab indent", "a:\n\tb: 1\n", 2, 1, "A tab stands in the indentation."),
    Hostile("tab after spaces", "a:\n  \tb: 1\n", 2, 3, "A tab stands in the indentation."),
    Hostile("tab list", "a:\n\t- 1\n", 2, 1, "A tab stands in the indentation."),
    Hostile("tab before a comment", "a: 1\n\t# x\nb: 2\n", 2, 1, "A tab stands in the indentation."),
    Hostile(
        "huge int", "a: " + "9" * 6000 + "\n", 1, 4, "This whole number has more digits than can be stored."
    ),
    Hostile(
        "int 2^63", "a: 9223372036854775808\n", 1, 4, "This whole number has more digits than can be stored."
    ),
    Hostile("hex", "a: 0x" + "F" * 40 + "\n", 1, 4, "This whole number has more digits than can be stored."),
    Hostile(
        "octal",
        "a: 0o777777777777777777777777\n",
        1,
        4,
        "This whole number has more digits than can be stored.",
    ),
    Hostile("huge float", "a: 1e999\n", 1, 4, "This number is too large to be stored."),
    Hostile("neg huge", "a: -1e400\n", 1, 4, "This number is too large to be stored."),
    Hostile("inf", "a: .inf\n", 1, 4, ".inf is not a number that can be stored."),
    Hostile("-inf", "a: -.INF\n", 1, 4, "-.INF is not a number that can be stored."),
    Hostile("nan", "a: .NaN\n", 1, 4, ".NaN is not a number that can be stored."),
    Hostile("long float", "a: 1." + "0" * 2000 + "\n", 1, 4, "This number is too large to be stored."),
    Hostile("int key", "1: x\n", 1, 1, "The key 1 is not text."),
    Hostile("null key", "null: x\n", 1, 1, "The key null is not text."),
    Hostile("empty key", ": x\n", 1, 1, "A key is missing before this colon."),
    Hostile("bool key", "true: x\n", 1, 1, "The key true is not text."),
    Hostile("float key", "1.5: x\n", 1, 1, "The key 1.5 is not text."),
    Hostile("list key", "? [a]\n: 1\n", 1, 3, "A list or a map cannot be a key."),
    Hostile("map key", "{a: b}: c\n", 1, 1, "A list or a map cannot be a key."),
    Hostile("flow list key", "[a, b]: c\n", 1, 1, "A list or a map cannot be a key."),
    Hostile(
        "directive late",
        "a: 1\n%YAML 1.1\n---\nb: 1\n",
        2,
        1,
        "A line that starts with % stands in the middle of a document.",
    ),
    Hostile("empty", "", 0, 0, "There is no manifest here."),
    Hostile("spaces", " \n\n", 0, 0, "There is no manifest here."),
    Hostile("comments", "# a\n# b\n", 0, 0, "There is no manifest here."),
    Hostile("markers", "---\n---\n...\n", 0, 0, "There is no manifest here."),
    Hostile("colon", "a: b: c\n", 1, 5, "A colon followed by a space starts a new mapping here."),
    Hostile("open quote", "a: 'b\n", 1, 4, "This quote is never closed."),
    Hostile("open dquote", 'a: "b\nc: 1\n', 1, 4, "This quote is never closed."),
    Hostile(
        "open bracket",
        "a: [1, 2\nb: 3\n",
        2,
        2,
        "A comma or ] is missing before this, for the [ on line 1, column 4.",
    ),
    Hostile(
        "mismatch", "a: [1, 2}\n", 1, 9, "A comma or ] is missing before this, for the [ on line 1, column 4."
    ),
    Hostile("trailing", "a: 'b' c\n", 1, 8, "There is more text after the closing '."),
    Hostile(
        "bad indent",
        "a:\n    b: 1\n  c: 2\n",
        3,
        3,
        "This line does not fit the mapping that starts on line 1.",
    ),
    Hostile("at sign", "a: @b\n", 1, 4, "A value cannot start with @."),
    Hostile("backtick", "a: `b`\n", 1, 4, "A value cannot start with `."),
    Hostile("percent", "a: %b\n", 1, 4, "A value cannot start with %."),
    Hostile("block text", "a: | text\n", 1, 6, "Text cannot follow | or > on the same line."),
    Hostile(
        "block bad indent",
        "a: |\n    x\n  y\nb: 1\n",
        3,
        3,
        "This line does not fit the mapping that starts on line 1.",
    ),
    Hostile("bad escape", 'a: "\\d"\n', 1, 5, "\\d is no escape inside double quotes."),
    Hostile("hex escape", 'a: "\\xZZ"\n', 1, 7, "This escape needs more hexadecimal digits."),
    Hostile(
        "star",
        "a: *\n",
        1,
        4,
        "* has a meaning of its own at the start of a value, and no name follows it here.",
    ),
    Hostile(
        "amp",
        "a: & b\n",
        1,
        4,
        "& has a meaning of its own at the start of a value, and no name follows it here.",
    ),
    Hostile("question", "a: ? b\n", 1, 4, "A key cannot start here."),
    Hostile("dash", "a: - b\n", 1, 4, "A list entry cannot start here."),
    Hostile("no colon", "a: 1\nb\n", 2, 1, "This line has no colon."),
    Hostile("tight", "a:1\nb: 2\n", 1, 2, "There is no space after this colon."),
    Hostile("comment JSON", '{"a": 1} // x', 1, 10, "The document has already ended before this line."),
    Hostile("ini", "[section]\na = 1\n", 2, 1, "The document has already ended before this line."),
    Hostile("crlf", "a: 1\r\nb: [1\r\n", 2, 4, "This [ is never closed."),
    Hostile(
        "git conflict",
        "a: 1\n<<<<<<< HEAD\nb: 1\n=======\nb: 2\n>>>>>>> x\n",
        2,
        1,
        "This is the mark of a merge conflict.",
    ),
    Hostile("jinja", "a: {{ value }}\n", 1, 5, "A list or a map cannot be a key."),
    Hostile("jinja block", "{% if x %}\na: 1\n", 1, 2, "A value cannot start with %."),
    Hostile("long key", "x" * 1100 + ": 1\n", 1, 1101, "A key can have at most 1,024 characters."),
)
"""Each has exactly this one problem."""

NOTICED = (
    Hostile("directive", "%FOO bar\n---\na: 1\n", 1, 1, "This directive is not known and is left out."),
    Hostile(
        "yaml 1.1",
        "%YAML 1.1\n---\na: yes\n",
        1,
        1,
        "Manifests are read as YAML 1.2, whatever this line says: yes, no and dates are text.",
    ),
    Hostile(
        "yaml 2",
        "%YAML 2.0\n---\na: 1\n",
        1,
        1,
        "Manifests are read as YAML 1.2, whatever this line says: yes, no and dates are text.",
    ),
    Hostile(
        "bad directive",
        "%YAML one\n---\na: 1\n",
        1,
        1,
        "Manifests are read as YAML 1.2, whatever this line says: yes, no and dates are text.",
    ),
)
"""Each is read, with a word about what it does not mean here."""

ODD_BUT_READ: tuple[tuple[str, str | bytes, object], ...] = (
    ("self map", "&a a: *a\n", {"a": "a"}),
    ("anchor on a key", "&k a: 1\n", {"a": 1}),
    ("alias of anchored key", "&k a: 1\nb: *k\n", {"a": 1, "b": "a"}),
    ("merge quoted", 'a: {"<<": 1}\n', {"a": {"<<": 1}}),
    ("utf-7", b"+AGE-: 1\n", {"+AGE-": 1}),
    ("close bracket", "a: 1]\nb: 2\n", {"a": "1]", "b": 2}),
    ("list indent", "a:\n- 1\n - 2\n", {"a": ["1 - 2"]}),
    ("trailing comma", '{"a": 1,}', {"a": 1}),
    ("cr", "a: 1\rb: 2\r", {"a": 1, "b": 2}),
    ("mixed ends", "a: 1\r\nb: 2\nc: 3\r", {"a": 1, "b": 2, "c": 3}),
    ("nel", "a: x\x85y\n", {"a": "x\x85y"}),
    ("ls", "a: x\u2028y\n", {"a": "x\u2028y"}),
)
"""What looks wrong and is YAML: read as it is written, never guessed."""

NO_MANIFEST = (
    ("scalar", "hello\n"),
    ("number", "42\n"),
    ("null", "~\n"),
    ("list", "- a\n- b\n"),
    ("bool", "true\n"),
    ("quoted scalar", '"text"\n'),
    ("long scalar", "x" * 100000),
    ("html", "<html><body>not found</body></html>\n"),
    ("env file", "A=1\nB=2\n"),
)
"""Good YAML that is no manifest: the validation says so."""
