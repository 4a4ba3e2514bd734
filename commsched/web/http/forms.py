"""What a person typed into a form, and what is wrong with it. Whatever goes wrong, what they typed stays."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

from flask import request

from commsched.core.text.clean import settled
from commsched.core.text.messages import N_, Invalid, Message, OfficeError
from commsched.web.http.i18n import translated

_DETAIL = "(%(detail)s)"
"""Where a sentence ends in what a machine said."""


class Form:
    """Typed values and errors by field.

    In a view::

        form = Form.read()
        with form.catch():
            people.add_person(office(), actor(), form.text("email"), form.text("role"))
            return done(_("Added."), "people.index")
        return page("people/add.html", form=form), form.status
    """

    def __init__(self, typed: Mapping[str, object] | None = None) -> None:
        self.typed: dict[str, object] = dict(typed or {})
        self.errors: dict[str, str] = {}
        self.detail = ""
        """What a machine said of it, for a page that shows it folded."""
        self.status = 200

    @classmethod
    def read(cls) -> Form:
        """The posted form; lists where a name came more than once."""
        lists = request.form.lists()
        return cls({key: values if len(values) > 1 else values[0] for key, values in lists if key != "form_token"})

    def value(self, name: str, default: object = "") -> object:
        """What stands in the field: what was typed, else ``default``."""
        return self.typed.get(name, default)

    def text(self, name: str, most: int = 1000) -> str:
        """What was typed, trimmed and cleaned (:mod:`commsched.core.text.clean`). Raises :class:`Invalid` above
        ``most`` characters."""
        typed = self.typed.get(name, "")
        raw = str(typed[-1] if isinstance(typed, list) else typed).strip()
        if len(raw) > most + raw.count("\r\n"):
            raise Invalid(N_("At most %(most)s characters."), name, most=most)
        return str(settled(raw, name)).strip()

    def secret(self, name: str) -> str:
        """A password or token exactly as it was typed."""
        typed = self.typed.get(name, "")
        return str(typed[-1] if isinstance(typed, list) else typed)

    def needed(self, name: str, most: int = 1000) -> str:
        """Like :meth:`text`; raises :class:`Invalid` when it is empty."""
        text = self.text(name, most)
        if not text:
            raise Invalid(N_("This is needed."), name)
        return text

    def many(self, name: str) -> list[str]:
        """Every value of a field that can come more than once."""
        typed = self.typed.get(name, [])
        return [str(value) for value in typed] if isinstance(typed, list) else [str(typed)]

    def flag(self, name: str) -> bool:
        """Whether the box was ticked."""
        return bool(self.typed.get(name))

    def number(self, name: str, least: int, most: int) -> int:
        """A whole number in a range. Raises :class:`Invalid`."""
        try:
            number = int(self.text(name, 20))
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise Invalid(N_("A whole number from %(least)s to %(most)s."), name, least=least, most=most)
        return number

    def fail(self, field: str, sentence: str, status: int = 422) -> None:
        """Say what is wrong, by the field it concerns (``""``: the whole form)."""
        self.errors[field] = sentence
        self.status = status

    def catch(self, folding: bool = False) -> _Catch:
        """``with form.catch():`` turns an :class:`OfficeError` into an error by its field. ``folding`` keeps what a
        machine said, a sentence's ``(%(detail)s)``, in :attr:`detail` and out of the sentence."""
        return _Catch(self, folding)

    def with_errors(self, other: Form) -> Form:
        """This form with another's errors: for a page where the one that failed is not the one with the fields."""
        self.errors, self.status, self.detail = dict(other.errors), other.status, other.detail
        return self

    def error(self, name: str) -> str:
        """What is wrong with ``field``; empty where nothing is."""
        return self.errors.get(name, "")

    def others(self, shown: list[str]) -> list[str]:
        """Errors that belong to none of the fields in ``shown``: they stand above the form."""
        return [sentence for field, sentence in self.errors.items() if field not in shown]


class _Catch:
    def __init__(self, form: Form, folding: bool) -> None:
        self.form, self.folding = form, folding

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if not isinstance(error, OfficeError) or error.status >= 500:
            return False
        words = error.words
        if self.folding and _DETAIL in words.message and words.params.get("detail"):
            self.form.detail = str(words.params["detail"])
            words = Message(words.message, {**words.params, "detail": ""})
            self.form.fail(error.field, translated(words).replace("()", "").strip(), error.status)
        else:
            self.form.fail(error.field, translated(words), error.status)
        return True
