"""The comment that an item answers, for those who write and approve the answer."""

from __future__ import annotations

from flask import Flask

from commsched.core.content.model import Content
from commsched.core.text.messages import NotFound
from commsched.services.followup import watch
from commsched.store.models import RemoteComment
from commsched.web.http.request_context import actor, installation


def answered_comment(content: Content) -> RemoteComment | None:
    """The comment, as far as it is known still; nothing is asked for an item that is no answer."""
    if not content.answers.isdigit():
        return None
    try:
        with installation().store.read(actor().workspace) as session:
            return watch.load(session, int(content.answers))
    except NotFound:
        return None


def install(app: Flask) -> None:
    app.jinja_env.globals.update(answered_comment=answered_comment)
