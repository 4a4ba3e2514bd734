"""Meta's tokens: until when they live, which rights they have, and another for an old one."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta

import msgspec

from commsched.core.delivery.outcome import Rejected
from commsched.core.platform.access import Tokens
from commsched.core.platform.contract import ConnectError, DeadToken
from commsched.core.text.messages import N_
from commsched.platforms._meta.client import Asks, Client
from commsched.platforms._meta.errors import MetaError, meaning
from commsched.platforms._shared.answers import read, refusal


class Inspected(msgspec.Struct):
    """What an app is told of a token."""

    scopes: list[str] | None = None
    expires_at: object = None
    """Seconds since 1970; 0 where it does not end. What is no number says nothing."""
    data_access_expires_at: object = None


def inspect(client: Asks, token: str, rights: AbstractSet[str], field: str) -> datetime | None:
    """When ``token`` dies, where Meta says; ``None`` where it does not, or does not die.

    Raises :class:`DeadToken` for a token that lacks one of ``rights``. An app that may not inspect its own token is no
    reason to refuse the channel.
    """
    try:
        data = client.get("debug_token", input_token=token)["data"]
    except (MetaError, KeyError):
        return None
    return judged(data, rights, field)


def judged(data: object, rights: AbstractSet[str], field: str) -> datetime | None:
    """As :func:`inspect`, of what the answer holds."""
    token = read(data, Inspected)
    missing = rights - set(token.scopes or rights)
    if missing:
        words = N_("The token lacks the right %(right)s.")
        raise DeadToken(words, field, right=", ".join(sorted(missing)))
    known = [end for end in (token.expires_at, token.data_access_expires_at) if isinstance(end, int) and end > 0]
    return datetime.fromtimestamp(min(known), UTC) if known else None


def renew(client: Client, edge: str, grant: str, name: str, field: str) -> Tokens:
    """Another token for the client's own, before it ends. Raises :class:`DeadToken` where there is none to be had,
    :class:`ConnectError` where that could not be asked."""
    try:
        return tokens_of(client, client.get(edge, grant_type=grant))
    except ConnectError:
        raise
    except Exception as error:
        outcome = meaning(error, client.context)
        if isinstance(outcome, Rejected) and outcome.why == "token":
            words = N_("%(platform)s gives no access any more. Connect it again. (%(detail)s)")
            raise DeadToken(words, platform=name, detail=outcome.detail) from error
        raise refusal(error, outcome, name, token=field, server="base_url") from error


def tokens_of(client: Client, answer: dict[str, object]) -> Tokens:
    """The token in an answer, and until when it lives. Raises :class:`ValueError` where there is none."""
    token, seconds = answer.get("access_token"), answer.get("expires_in")
    if not isinstance(token, str) or not token.strip():
        raise ValueError("the answer has no access token")
    known = isinstance(seconds, int) and not isinstance(seconds, bool) and 0 < seconds < 10**10
    until = client.context.now() + timedelta(seconds=seconds) if known and isinstance(seconds, int) else None
    return Tokens({"access_token": token}, access_until=until)
