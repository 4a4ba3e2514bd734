"""Sentences, times and numbers in the language of whoever is looking, and what templates use of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Generic, Protocol, TypeVar

import msgspec
from flask import Flask, current_app
from jinja2 import Environment, pass_environment
from jinja2.filters import do_truncate

from commsched.core.content.release import GENRES, LANGUAGES, direction, language_name
from commsched.core.text import numbers
from commsched.core.text.catalogues import all_of, gettext, stored, translate
from commsched.core.text.catalogues import ngettext as _plural
from commsched.core.text.languages import with_country
from commsched.core.text.messages import Message
from commsched.core.text.user_agents import browser
from commsched.core.timing import dates
from commsched.services.kernel.context import name_of
from commsched.services.workflow.pause import why
from commsched.web.http import csrf
from commsched.web.http.badges import ROLE_HELP, ROLE_WORDS, STATES
from commsched.web.http.icons import brand_icon, icon
from commsched.web.http.paths import asset
from commsched.web.http.request_context import installation, language, template_context
from commsched.web.http.request_context import zone as request_zone


def _(message: str, /, **params: object) -> str:
    """``message`` in the person's language, its %(name)s fields filled in."""
    text = gettext(language(), message)
    return text % params if params else text


def ngettext(singular: str, many: str, n: int, **params: object) -> str:
    """``singular`` or ``many`` by ``n``, which is also the field %(n)s."""
    return _plural(language(), singular, many, n) % {"n": n, **params}


def translated(words: Message | str, /, **params: object) -> str:
    """A sentence that a rule or a use case made, in the person's language."""
    return translate(words, language(), **params)


def stored_answer(answer: str) -> str:
    """What was stored of a platform's answer, in the person's language where the words are ours."""
    return stored(answer, language())


def _when(moment: datetime | None, zone: str = "") -> str:
    return dates.when(moment, zone or request_zone(), language(), installation().now()) if moment else ""


def _dated(moment: datetime, zone: str) -> str:
    return dates.dated(moment, zone, language())


def _clock(moment: datetime | None, zone: str = "") -> str:
    return dates.clock(moment, zone or request_zone()) if moment else ""


def _day(moment: datetime | date | None, zone: str = "", short: bool = False) -> str:
    if moment is None:
        return ""
    day = dates.local(moment, zone or request_zone()).date() if isinstance(moment, datetime) else moment
    return dates.short_day(day, language()) if short else dates.long_day(day, language())


def day_in_words(day: date) -> str:
    """``tors 26 nov``, in the person's language."""
    return dates.short_day(day, language())


def _week(moment: datetime | date, zone: str = "") -> int:
    return dates.week(dates.local(moment, zone or request_zone()) if isinstance(moment, datetime) else moment)


def _role_choices() -> list[tuple[str, str]]:
    return [(role, gettext(language(), word)) for role, word in ROLE_WORDS.items()]


class _Dated(Protocol):
    @property
    def at(self) -> datetime: ...


Entry = TypeVar("Entry", bound=_Dated)


class Day(msgspec.Struct, Generic[Entry], frozen=True):
    """Entries of one day, for a list with the day as heading."""

    day: date
    entries: list[Entry]


def _by_day(entries: Iterable[Entry]) -> list[Day[Entry]]:
    """Entries with a moment ``at``, in the order they come, gathered under their local day."""
    days: list[Day[Entry]] = []
    for entry in entries:
        day = dates.local(entry.at, request_zone()).date()
        if not days or days[-1].day != day:
            days.append(Day(day, []))
        days[-1].entries.append(entry)
    return days


def _dollars(price: float) -> str:
    """``0,20`` in Swedish, ``0.20`` in English; small prices keep their tenth of a cent."""
    return decimal(price, 2 if price >= 0.1 else 3)


@pass_environment
def _truncate(environment: Environment, text: str, length: int) -> str:
    """At most ``length`` characters, cut between words, with one mark of ellipsis."""
    return do_truncate(environment, text, length, end="…")


def web_address(url: str) -> str:
    """``url`` where it is an address on the web, else nothing: no ``javascript:`` becomes a link."""
    return url if url.lower().startswith(("https://", "http://")) else ""


def said_list(names: list[str]) -> str:
    """Names in a sentence, any of whom will do: ``Karin, Olle or Gunnar``."""
    if len(names) < 2:
        return "".join(names)
    return _("%(some)s or %(last)s", some=", ".join(names[:-1]), last=names[-1])


def said_all(names: list[str]) -> str:
    """Names in a sentence, all of them: ``Karin, Olle and Gunnar``."""
    return all_of(names, language())


def decimal(number: float, places: int) -> str:
    """``number`` with ``places`` decimals: ``0,1`` in Swedish, ``0.1`` in English."""
    return numbers.decimal(number, places, language())


def install(app: Flask) -> None:
    """Give templates the translations, the formats of times and numbers, and the icons."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: gettext(language(), text),
        lambda singular, many, n: _plural(language(), singular, many, n),
        newstyle=True,
    )
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"]  # the extension's own looks for it at every sentence
    app.jinja_env.globals.update(
        GENRES=GENRES,
        WRITTEN_LANGUAGES=LANGUAGES,
        said=translated,
        said_list=said_list,
        said_all=said_all,
        stored_answer=stored_answer,
        icon=icon,
        brand_icon=brand_icon,
        asset=asset,
        form_token=csrf.form_token,
        STATES=STATES,
        ROLE_WORDS=ROLE_WORDS,
        ROLE_HELP=ROLE_HELP,
        role_choices=_role_choices,
        zip=zip,
        has=lambda endpoint: endpoint in current_app.view_functions,
        platform=lambda key: installation().platform(key),
        name_of=lambda name: name_of(name, language()),
        pause_reason=lambda reason: _(why(reason)),
    )
    app.jinja_env.filters.update(
        language_name=language_name,
        direction=direction,
        when=_when,
        dated=_dated,
        clock=_clock,
        day=_day,
        week=_week,
        groupby_day=_by_day,
        web_address=web_address,
        browser=browser,
        dollars=_dollars,
        decimal=decimal,
        with_country=with_country,
        truncate=_truncate,
    )
    app.context_processor(template_context)
