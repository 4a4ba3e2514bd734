"""Signing in with a profile's own account, as Instagram and Threads let: a token of an hour becomes one of sixty days,
which is renewed before it ends."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlencode

import msgspec

from commsched.core.platform.access import Authorization, Tokens
from commsched.core.platform.contract import ChannelContext
from commsched.platforms._meta.client import Client
from commsched.platforms._meta.login import APP_ID, APP_SECRET, app_of, asked, code_of, token_in
from commsched.platforms._meta.tokens import tokens_of


class Door(msgspec.Struct, frozen=True):
    """Where one network signs people in. Addresses without a trailing slash."""

    name: str
    dialog: str
    """Where a person says yes."""
    trade: str
    """The server that trades a code."""
    graph: str
    """The server that gives a longer token for a short one."""
    grant: str
    """What the longer one is asked for by."""
    scopes: tuple[str, ...]


def address(door: Door, context: ChannelContext) -> Authorization:
    assert context.handshake is not None, "an authorization that nobody has begun"
    app_id, _secret = app_of(context, APP_ID, APP_SECRET)
    query = {
        "client_id": app_id,
        "redirect_uri": context.handshake.redirect_uri,
        "scope": ",".join(door.scopes),
        "response_type": "code",
        "state": context.handshake.state,
    }
    return Authorization(f"{door.dialog}/oauth/authorize?{urlencode(query)}")


def tokens(door: Door, context: ChannelContext, answer: Mapping[str, str]) -> Tokens:
    """The long-lived token for the code in ``answer``. Raises :class:`ConnectError`, also where the person said no."""
    assert context.handshake is not None, "an answer to nothing"
    app_id, secret = app_of(context, APP_ID, APP_SECRET)
    code, redirect = code_of(context, answer, door.name), context.handshake.redirect_uri
    app = {"client_id": app_id, "client_secret": secret}
    form = {"grant_type": "authorization_code", "redirect_uri": redirect, "code": code}
    trading = Client(context, door.trade, "", "")

    def trade() -> str:
        return token_in(_first(trading.post("oauth/access_token", **app, **form)))

    short = asked(context, door.name, [secret, code], trade)
    longer = Client(context, door.graph, "", short)

    def exchange() -> Tokens:
        return tokens_of(longer, longer.get("access_token", grant_type=door.grant, client_secret=secret))

    return asked(context, door.name, [secret, short], exchange)


def _first(answer: dict[str, object]) -> Mapping[str, object]:
    """The answer itself, or the first of its list: Instagram has answered in both ways."""
    data = answer.get("data")
    first = data[0] if isinstance(data, list) and data else answer
    return first if isinstance(first, Mapping) else answer
