"""How many posts an account may still publish within a day, as Instagram and Threads tell."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import msgspec

from commsched.core.delivery.outcome import Retry
from commsched.core.text.messages import N_
from commsched.platforms._meta.client import Client
from commsched.platforms._meta.errors import MetaError
from commsched.platforms._shared.answers import read

_AGAIN: Final = timedelta(minutes=30)
"""When a full account is asked again: its day is a sliding one, and nobody says when it ends."""


class _Quotas(msgspec.Struct):
    data: list[dict[str, object]]


class _Config(msgspec.Struct):
    quota_total: int


def wait_for(client: Client, path: str, usage: str = "quota_usage", config: str = "config") -> Retry | None:
    """Why nothing can be published now; ``None`` where it can, or where the account does not say."""
    try:
        entry = read(client.get(path, fields=f"{usage},{config}"), _Quotas).data[0]
        used, most = read(entry[usage], int), read(entry[config], _Config).quota_total
    except (MetaError, msgspec.ValidationError, KeyError, IndexError):
        return None
    if used < most or most <= 0:
        return None
    words = N_("the account has published as much as the network takes in a day")
    return Retry(words, client.context.now() + _AGAIN, whole_channel=True)
