"""The response of a view after a successful form."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flask import flash, redirect, session, url_for
from werkzeug.wrappers import Response


def done(sentence: str, endpoint: str, tone: str = "good", undoable: Collection[int] = (), **values: Any) -> Response:
    """Redirect to ``endpoint``, where ``sentence`` is shown once (tones: ``good``, ``note``, ``bad``). ``undoable``:
    items whose last act can be undone; the sentence has a button for it."""
    if sentence:
        say(sentence, tone, undoable)
    return redirect(url_for(endpoint, **values), 303)


def say(sentence: str, tone: str = "good", undoable: Collection[int] = ()) -> None:
    """Show ``sentence`` once, on the next page; as :func:`done`."""
    flash(sentence, f"{tone}:{','.join(map(str, undoable))}" if undoable else tone)


def sent(item: int) -> None:
    """Remember, for the next page only, that ``item`` was sent off just now."""
    session["sent"] = item


def was_sent(item: int) -> bool:
    """Whether ``item`` was sent off on the page before; asked once."""
    return session.pop("sent", None) == item if "sent" in session else False


def local_path(wish: str, default: str = "/") -> str:
    """``wish`` if it is a path on this site, else ``default``, so that no redirect leads to another site."""
    plain = wish.strip()
    fine = plain.startswith("/") and not plain.startswith(("//", "/\\")) and plain.isprintable() and "\\" not in plain
    return plain if fine else default
