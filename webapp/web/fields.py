"""Fields and rows of forms: all of them hold text, so that nothing typed is lost by an error. They know no domain."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from wtforms import (
    BooleanField,
    FieldList,
    Form,
    FormField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.fields.choices import SelectChoice

from webapp.core import rules
from webapp.core.errors import FieldError
from webapp.core.text import with_line_feeds

ROWS_MAX = 1_000
RowErrors = dict[str, list[FieldError]]
T = TypeVar("T")


class LineField(StringField):  # type: ignore[misc]  # WTForms has no type hints
    """A text of one line; space around it does not count."""

    @staticmethod
    def clean(text: str) -> str:
        """Return the text as a browser sends it back from a one-line control, without space around it."""
        return with_line_feeds(text).replace("\n", "").strip()

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take over what was typed."""
        self.data = self.clean(valuelist[0]) if valuelist else ""


class ReasonField(LineField):
    """Why something is done, in the person's words; mostly empty, never required."""

    def __init__(self, label: str = "Reason (optional)", **kwargs: Any) -> None:
        """Let browsers stop at the longest text."""
        super().__init__(
            label, render_kw={"maxlength": str(rules.REASON_MAX), "autocomplete": "off"}, **kwargs
        )

    def pre_validate(self, form: Form) -> None:
        """Refuse a text that is too long or cannot be stored (WTForms calls this)."""
        if errors := rules.check_line(self.data or "", rules.REASON_MAX):
            # WTForms keeps the first argument as it is, so the template gets the whole FieldError.
            raise ValidationError(errors[0])


class ProseField(TextAreaField):  # type: ignore[misc]  # WTForms has no type hints
    """A text of any number of lines, kept as it is but for the kind of its line breaks."""

    @staticmethod
    def clean(text: str) -> str:
        """Return the text as a browser sends it back from a text area."""
        return with_line_feeds(text)

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take over what was typed."""
        self.data = self.clean(valuelist[0]) if valuelist else ""


class ChoiceField(SelectField):  # type: ignore[misc]  # WTForms has no type hints
    """One word of a few; the form judges it, so that its errors are in our words."""

    choices: list[SelectChoice]

    def __init__(
        self, label: str, options: Sequence[str] = (), labels: Mapping[str, str] | None = None, **kwargs: Any
    ) -> None:
        """Offer `options`, each under its label where it has one, else under its own name."""
        self.labels = labels or {}
        super().__init__(label, choices=_choices(options, self.labels), validate_choice=False, **kwargs)

    @staticmethod
    def clean(text: str) -> str:
        """Return the text as a browser sends it back."""
        return text

    def label_of(self, option: str) -> str:
        """Return how an option is called, its own name when it is none."""
        return next((choice.label for choice in self.choices if choice.value == option), option)

    def offer(self, *options: str, labels: Mapping[str, str] | None = None) -> None:
        """Add options that are not offered yet, such as a word that only an import has brought."""
        offered = {choice.value for choice in self.choices}
        added = [option for option in dict.fromkeys(options) if option not in offered]
        self.choices = [*self.choices, *_choices(added, labels or self.labels)]


def _choices(options: Iterable[str], labels: Mapping[str, str]) -> list[SelectChoice]:
    return [SelectChoice(option, labels.get(option, option)) for option in options]


class CheckField(BooleanField):  # type: ignore[misc]  # WTForms has no type hints
    """Yes or no."""

    @staticmethod
    def clean(value: object) -> bool:
        """Return the value as a browser sends it back: ticked, or not there at all."""
        return bool(value)


class UnshownField(PasswordField):  # type: ignore[misc]  # WTForms has no type hints
    """A text that is taken exactly as it was typed and never written into a page."""

    def __init__(self, label: str, **kwargs: Any) -> None:
        """Ask browsers neither to remember nor to fill it in."""
        super().__init__(label, render_kw={"autocomplete": "off", "spellcheck": "false"}, **kwargs)

    @staticmethod
    def clean(text: str) -> str:
        """Return the text as a browser sends it back."""
        return text


class Row(Form):  # type: ignore[misc]  # WTForms has no type hints
    """One row of a repeated group."""

    def texts(self) -> dict[str, str | bool]:
        """Return what stands in the fields of the row."""
        return {name: field.data if field.data is not None else "" for name, field in self._fields.items()}

    def is_blank(self) -> bool:
        """Tell whether nothing was typed into the row."""
        return not any(field.data for field in self if not isinstance(field, ChoiceField | BooleanField))

    def problems(self) -> RowErrors:
        """Return what is wrong with the row, by the name of the field."""
        raise NotImplementedError


class RowsField(FieldList):  # type: ignore[misc]  # WTForms has no type hints
    """Rows that a person adds and removes; their numbers in the request may have gaps."""

    def __init__(self, row: type[Row], label: str, **kwargs: Any) -> None:
        """Hold rows of one kind."""
        super().__init__(FormField(row), label, default=(), **kwargs)
        self.row_class = row
        self.is_over = False

    def _extract_indices(self, prefix: str, formdata: Any) -> Iterator[int]:
        # The base class reads any digits of Unicode, of any length, and fails on some.
        found: set[int] = set()
        for key in formdata:
            if key.startswith(f"{prefix}-"):
                number = key[len(prefix) + 1 :].split("-", 1)[0]
                if number.isascii() and number.isdigit() and len(number) <= 6:
                    found.add(int(number))
        self.is_over = len(found) > ROWS_MAX
        yield from sorted(found)[:ROWS_MAX]

    def rows(self) -> list[Row]:
        """Return the rows, blank ones too."""
        return [entry.form for entry in self.entries]

    def filled(self) -> list[Row]:
        """Return the rows that something was typed into."""
        return [row for row in self.rows() if not row.is_blank()]

    def texts(self) -> list[dict[str, str | bool]]:
        """Return what stands in the rows that are not blank."""
        return [row.texts() for row in self.filled()]

    def add(self) -> None:
        """Add a blank row at the end."""
        self.process(None, [*(row.data for row in self.rows()), {}])

    def remove(self, number: int) -> None:
        """Take away the row whose number in the request was `number`; the others move up."""
        kept = [entry.form.data for entry in self.entries if entry.name != f"{self.name}-{number}"]
        self.process(None, kept)

    def merged(
        self, shown: Sequence[Mapping[str, Any]], items: Sequence[T], read: Callable[[Any], T]
    ) -> tuple[T, ...]:
        """Return what the rows hold; a row that the record has too is taken from there as it is.

        Args:
            shown: the rows as they were shown for `items`.
            items: what the record holds.
            read: turns any other row into an item.
        """
        pool = list(zip(self.clean(shown), items, strict=True))
        return tuple(_taken(row, pool, read) for row in self.filled())

    def clean(self, shown: Sequence[Mapping[str, Any]]) -> list[dict[str, str | bool]]:
        """Return shown rows as a browser sends them back."""
        cleaners = {
            name: getattr(field.field_class, "clean", bool)
            for name, field in _unbound(self.row_class).items()
        }
        return [{name: clean(row.get(name, "")) for name, clean in cleaners.items()} for row in shown]


def _unbound(row: type[Row]) -> dict[str, Any]:
    names = [name for name in dir(row) if hasattr(getattr(row, name), "_formfield")]
    fields = {name: getattr(row, name) for name in names}
    return dict(sorted(fields.items(), key=lambda item: item[1].creation_counter))


def _taken(row: Row, pool: list[tuple[dict[str, str | bool], T]], read: Callable[[Any], T]) -> T:
    texts = row.texts()
    for position, (shown, item) in enumerate(pool):
        if shown == texts:
            del pool[position]
            return item
    return read(row)
