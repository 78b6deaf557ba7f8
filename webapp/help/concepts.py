"""What is explained: the concepts in the order in which one leads to the next. The texts are templates/help/_*.html."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webapp.help import examples
from webapp.help.examples import Example


@dataclass(frozen=True)
class Concept:
    """One page of the help.

    `word` stands in the address, `title` in the heading, `question` is the name of a link to the page, `line` the one
    line of the index, `template` the text and `example` what is shown below it.
    """

    word: str
    title: str
    question: str
    line: str
    template: str
    example: Example


CONCEPTS: tuple[Concept, ...] = (
    Concept(
        "plugin",
        "Plugin",
        "What is a plugin?",
        "Something a language model may know or do, with the words that decide when it is given it.",
        "help/_plugin.html",
        examples.PLUGIN,
    ),
    Concept(
        "class",
        "Class",
        "What is a plugin class?",
        "Where a plugin’s answer comes from: text that stands in it, a database, or an API.",
        "help/_class.html",
        examples.CLASS,
    ),
    Concept(
        "selector",
        "Selector",
        "What is a selector?",
        "The rule that decides with which prompts a plugin is offered to the model.",
        "help/_selector.html",
        examples.SELECTOR,
    ),
    Concept(
        "prompt",
        "Prompt",
        "What is a prompt?",
        "The model and its settings for when a plugin is chosen, and what the model is told then.",
        "help/_prompt.html",
        examples.PROMPT,
    ),
    Concept(
        "data",
        "Data",
        "What is the data of a plugin?",
        "What the plugin brings to the conversation: a text, a query or a call.",
        "help/_data.html",
        examples.DATA,
    ),
    Concept(
        "connection",
        "Connection",
        "What is a connection?",
        "How to reach one database or one API, kept apart from the plugins that use it.",
        "help/_connection.html",
        examples.CONNECTION,
    ),
    Concept(
        "secret",
        "Secret",
        "What is a secret?",
        "A password or a key that connections use by its name and that nobody can read again.",
        "help/_secret.html",
        examples.SECRET,
    ),
    Concept(
        "manifest",
        "Manifest",
        "What is a manifest?",
        "A record as a YAML document: for git, for review, and for moving many records at once.",
        "help/_manifest.html",
        examples.MANIFEST,
    ),
    Concept(
        "locator",
        "Locator",
        "What is a locator?",
        "The short text in a link that stands for one record and never changes.",
        "help/_locator.html",
        examples.LOCATOR,
    ),
    Concept(
        "tag",
        "Tag",
        "What is a tag?",
        "A word that groups records so that people find them together.",
        "help/_tag.html",
        examples.TAG,
    ),
    Concept(
        "annotation",
        "Annotation",
        "What is an annotation?",
        "A key with a value that other systems, or people, want to keep on a record.",
        "help/_annotation.html",
        examples.ANNOTATION,
    ),
    Concept(
        "revision",
        "Revision",
        "What is a revision?",
        "The number of times a record was written. It keeps two people from overwriting each other.",
        "help/_revision.html",
        examples.REVISION,
    ),
)

_BY_WORD: Mapping[str, Concept] = {concept.word: concept for concept in CONCEPTS}


def find_concept(word: str) -> Concept | None:
    """Return the concept with this word in its address, or None."""
    return _BY_WORD.get(word)


def get_concept(word: str) -> Concept:
    """Return the concept of a link that stands in a template; an unknown word there is a mistake of ours."""
    return _BY_WORD[word]


def neighbours(concept: Concept) -> tuple[Concept | None, Concept | None]:
    """Return the concepts before and after, None at the ends."""
    place = CONCEPTS.index(concept)
    before = CONCEPTS[place - 1] if place else None
    after = CONCEPTS[place + 1] if place + 1 < len(CONCEPTS) else None
    return before, after
