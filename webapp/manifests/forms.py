"""What the upload page sends: pasted text, chosen files, the texts that it showed again, and the button."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, get_args

from flask import Request
from werkzeug.datastructures import MultiDict

from webapp.manifests.moved import Since, read_seen
from webapp.manifests.options import MODES, TAKEN, PlanOptions
from webapp.manifests.sources import Source, shown_names

Press = Literal["apply", "check", "fix", "version", "leave_out", "as_written", "drop"]
PASTED = "pasted text"
CHOICE = "choice:"

_LINE_END = re.compile("\r\n|\r")


@dataclass(frozen=True)
class Shown:
    """What the page had shown: the digest of a plan that can be applied, and of what that was made from."""

    plan: str = ""
    given: str = ""


@dataclass(frozen=True)
class Upload:
    """One press of a button on the upload page; `value` says which problem, document or file it is about."""

    text: str = ""
    # Chosen files, and the texts of earlier ones, which the page carries because a browser chooses no file by itself.
    files: tuple[Source, ...] = ()
    sealed: str = ""
    press: Press = "check"
    value: str = ""
    options: PlanOptions = field(default_factory=PlanOptions)
    # A field of the options that says nothing that is known.
    bad_option: str = ""
    shown: Shown = field(default_factory=Shown)
    since: Since = field(default_factory=Since)

    @property
    def is_pasted(self) -> bool:
        """Tell whether the first source is what was pasted."""
        return bool(self.text.strip())

    @property
    def sources(self) -> list[Source]:
        """Return everything to read: what was pasted, then the files."""
        return [Source(PASTED, self.text), *self.files] if self.is_pasted else list(self.files)

    @property
    def names(self) -> list[str]:
        """Return the names of `sources` as the plan has them."""
        return shown_names(self.sources)

    @property
    def digest(self) -> str:
        """Return what identifies everything that was given, as the page would carry it."""
        texts = {
            name: source.content
            if isinstance(source.content, str)
            else source.content.decode("utf-8", "replace")
            for name, source in zip(self.names, self.sources, strict=True)
        }
        return digest_of(texts, self.options)

    def with_text(self, name: str, text: str) -> Upload:
        """Return the upload with another text for one of its sources."""
        index = self.names.index(name)
        if self.is_pasted and index == 0:
            return replace(self, text=text)
        index -= self.is_pasted
        return replace(self, files=(*self.files[:index], Source(name, text), *self.files[index + 1 :]))

    def without(self, name: str) -> Upload:
        """Return the upload without one of its files; a name that it does not have changes nothing."""
        shown = self.names[self.is_pasted :]
        return replace(
            self, files=tuple(file for file, known in zip(self.files, shown, strict=True) if known != name)
        )


def read_upload(request: Request) -> Upload:
    """Return what the request holds; file names are only ever shown."""
    chosen = []
    for file in request.files.getlist("files"):
        if file.filename:
            chosen.append(Source(file.filename, file.read()))
        file.close()
    return read_fields(request.form, chosen)


def held_fields(request: Request) -> MultiDict[str, str]:
    """Return the fields of the form, with chosen files as texts that the page carries; what is no text is left out."""
    files = read_upload(request).files
    held = MultiDict(
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("source_name", "source_text")
    )
    for file in files:
        try:
            text = file.content if isinstance(file.content, str) else file.content.decode("utf-8-sig")
        except UnicodeDecodeError:
            continue
        held.add("source_name", file.name)
        held.add("source_text", text)
    return held


def read_fields(form: MultiDict[str, str], chosen: Sequence[Source] = ()) -> Upload:
    """Return what the fields of the form hold, with the files that were chosen beside them."""
    carried = [
        Source(name, _unix(text))
        for name, text in zip(form.getlist("source_name"), form.getlist("source_text"), strict=False)
        if text.strip()
    ]
    press, _, value = form.get("do", "").partition(":")
    return Upload(
        text=_unix(form.get("text", "")),
        files=tuple(_merged(carried, chosen)),
        sealed=form.get("sealed", ""),
        press=next((known for known in get_args(Press) if known == press), "check"),
        value=value,
        options=read_options(form),
        bad_option=_bad_option(form),
        shown=Shown(form.get("shown_plan", ""), form.get("shown_given", "")),
        since=Since(
            read_seen(form.get("seen", "")),
            {key.removeprefix(CHOICE): form[key] for key in form if key.startswith(CHOICE)},
        ),
    )


def read_options(form: Mapping[str, str]) -> PlanOptions:
    """Return the options of a form; what is not there or not known has its default."""
    return PlanOptions(
        mode=next((known for known in MODES if known == form.get("mode")), "both"),
        taken=next((known for known in TAKEN if known == form.get("taken")), "update"),
        owner=form.get("owner", "").strip(),
        owner_of_existing=bool(form.get("owner_of_existing")),
    )


def digest_of(texts: Mapping[str, str], options: PlanOptions) -> str:
    """Return what identifies texts by name, and the options: the ends of lines are all one, as a browser sends them."""
    total = hashlib.sha256(repr(options).encode())
    for name, text in texts.items():
        if text.strip():
            lines = _LINE_END.sub("\n", text.removeprefix("\ufeff"))
            total.update(repr((name, lines)).encode("utf-8", "surrogatepass"))
    return total.hexdigest()


def _bad_option(form: Mapping[str, str]) -> str:
    known: dict[str, tuple[str, ...]] = {"mode": MODES, "taken": TAKEN}
    return next((name for name, words in known.items() if form.get(name, words[0]) not in words), "")


def _merged(carried: Sequence[Source], chosen: Sequence[Source]) -> Iterable[Source]:
    """Yield the carried texts, each replaced by the file of its name that was chosen again, then the other files."""
    by_name = {file.name: file for file in reversed(chosen)}
    again = {source.name: by_name[source.name] for source in carried if source.name in by_name}
    yield from (again.get(source.name, source) for source in carried)
    used = {id(file) for file in again.values()}
    yield from (file for file in chosen if id(file) not in used)


def _unix(text: str) -> str:
    # Browsers send the lines of a textarea with CRLF, whatever stood in it.
    return text.replace("\r\n", "\n")
