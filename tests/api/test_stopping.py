"""Stopping over the API: what is under way stops too, and the answer says what had gone out."""

from __future__ import annotations

from collections.abc import Callable

from commsched.services.kernel.context import Installation
from tests import publications
from tests.api.conftest import Client
from tests.conftest import Cast

Program = Callable[..., Client]
UNDER_WAY = {"a@tidningen.example": "published", "b@tidningen.example": "waiting", "c@tidningen.example": "waiting"}


def test_a_mailing_is_cancelled_between_two_recipients(
    program: Program, installation: Installation, cast: Cast
) -> None:
    number, client = publications.mailing(installation, cast.place.id, "sending", UNDER_WAY), program()
    item = client.get(f"/deliveries/{number}").json["item"]
    assert client.get(f"/items/{item}").json["state"] == "publishing"
    answer = client.post(f"/items/{item}/cancel")
    assert (answer.status_code, answer.json["state"]) == (200, "partly_published")
    (row,) = answer.json["deliveries"]
    assert (row["state"], row["stopped"]) == ("cancelled", "cancelled")
    assert row["parts"] == {"out": 1, "under_way": 0, "of": 3, "missed": [1, 2]}
    assert client.post(f"/items/{item}/cancel").status_code == 409


def test_a_dropped_delivery_says_who_dropped_what(program: Program, installation: Installation, cast: Cast) -> None:
    number, client = publications.mailing(installation, cast.place.id, "sending", UNDER_WAY), program()
    answer = client.post(f"/deliveries/{number}/drop").json
    assert (answer["state"], answer["stopped"], answer["reason"]) == ("cancelled", "dropped", "dropped")
    assert answer["parts"]["missed"] == [1, 2]
    assert client.post(f"/deliveries/{number}/retry").status_code == 409
