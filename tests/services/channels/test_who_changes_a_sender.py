"""What a mail shows and no approval covers is changed by administrators alone, not by who writes or approves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from commsched.core.text.messages import NotAllowed
from commsched.services.channels import connect, manage
from commsched.services.design import brand
from commsched.services.kernel.context import Actor, Installation
from commsched.services.subscriptions import offers
from tests import writing
from tests.conftest import Cast

Deed = Callable[[Installation, Actor, int], Any]
DEEDS: dict[str, Deed] = {
    "sender, its name, Reply-To, newsroom link": lambda home, who, number: connect.reconnect(
        home, who, number, {"sender": "annan@x.example", "sender_name": "Annan", "reply_to": "annan@x.example"}
    ),
    "the list's name": lambda home, who, number: manage.rename(home, who, number, "Annan"),
    "letterhead and logo": lambda home, who, _number: brand.save(home, who, brand.get(home, who.workspace)),
    "what subscribers consent to": lambda home, who, _number: offers.update(home, who, offers.Offers()),
}


@pytest.mark.parametrize("role", ["writer", "approver"])
@pytest.mark.parametrize("what", DEEDS)
def test_only_an_administrator_changes_what_the_hash_does_not_cover(
    installation: Installation, cast: Cast, what: str, role: str
) -> None:
    number = writing.press_list(installation, cast)
    with pytest.raises(NotAllowed):
        DEEDS[what](installation, cast.actor(role), number)
