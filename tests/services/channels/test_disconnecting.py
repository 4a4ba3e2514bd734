"""A network that shuts an account out stops its channel once; one that cannot be reached stops nothing."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import func, select

from commsched.core.delivery.outcome import Outcome, Rejected
from commsched.core.platform.access import Tokens
from commsched.core.platform.contract import ConnectError, DeadToken
from commsched.services.channels import checks, connect, directory, renewal
from commsched.services.kernel.context import Installation
from commsched.store.models import Attempt, Channel
from commsched.store.session import EVERY_WORKSPACE
from tests.conftest import Cast, SetClock
from tests.services import desk
from tests.services.channels.plaza import Plaza, page
from tests.services.channels.test_signing_in import inside, plaza, secrets, signed_in

__all__ = ["inside", "plaza"]
CHECKPOINT = Rejected("(#190, 459) The user has been checkpointed", "token")


@pytest.fixture
def channel(inside: Installation, cast: Cast) -> Channel:
    cast.installation = inside
    return signed_in(inside, cast)


def attempts(inside: Installation) -> int:
    with inside.store.read(EVERY_WORKSPACE) as session:
        return session.scalar(select(func.count(Attempt.id))) or 0


def test_a_checkpoint_disconnects_once_and_fails_no_post(
    inside: Installation, cast: Cast, clock: SetClock, channel: Channel, plaza: Plaza, monkeypatch: pytest.MonkeyPatch
) -> None:
    items = [
        desk.scheduled(cast, channels=[channel.id], publish_at=f"2026-11-26T{hour}:00") for hour in (12, 13, 14, 20)
    ]

    def refused(*_given: Any) -> Outcome:
        return CHECKPOINT

    def ended(*_given: Any) -> Tokens:
        raise DeadToken("Plaza does not accept the token.")

    monkeypatch.setattr(plaza, "publish", refused)
    monkeypatch.setattr(plaza, "refresh", ended)
    for _hour in range(4):
        clock.forward(hours=2)
        desk.publish_what_is_due(inside)
    assert attempts(inside) == 1, "the platform is asked once"
    states = [(row.state, row.reason) for item in items for row in desk.deliveries(cast, item)]
    assert states == [("held", "token")] * 3 + [("waiting", "")], "nothing failed, and what is not due waits"
    assert directory.get(inside, cast.place.id, channel.id).state == "broken"
    assert desk.notices(inside, cast.place.id, "access_died") == {cast.administrator.id}
    monkeypatch.undo()
    plaza.accounts = [page("1", "Regiongruppen", "token-new")]
    assert signed_in(inside, cast, channel.id).state == "ok"
    clock.forward(hours=6)
    desk.publish_what_is_due(inside)
    assert [row.state for row in desk.deliveries(cast, items[3])] == ["published"], "the queue is as it was"


@pytest.mark.parametrize("blip", [ConnectError("Plaza could not be reached."), OSError("reset"), TimeoutError()])
def test_a_blip_never_disconnects(
    blip: Exception,
    inside: Installation,
    cast: Cast,
    clock: SetClock,
    channel: Channel,
    plaza: Plaza,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def down(*_given: Any) -> Any:
        raise blip

    before = secrets(inside, channel)
    monkeypatch.setattr(plaza, "refresh", down)
    monkeypatch.setattr(plaza, "connect", down)
    for _day in range(5):
        clock.forward(hours=25)
        assert renewal.renew(inside, cast.place.id, channel.id) == "later"
        while checks.look_again(inside):
            clock.forward(minutes=1)
    assert (directory.get(inside, cast.place.id, channel.id).state, secrets(inside, channel)) == ("ok", before)
    with pytest.raises(ConnectError):
        connect.check_again(inside, cast.actor(), channel.id)
    assert (directory.get(inside, cast.place.id, channel.id).state, secrets(inside, channel)) == ("ok", before)


def test_a_look_that_had_to_sign_in_anew_keeps_what_it_brought(
    inside: Installation, cast: Cast, clock: SetClock, channel: Channel, plaza: Plaza, monkeypatch: pytest.MonkeyPatch
) -> None:
    anew = page("1", "Regiongruppen", "token-of-the-look")
    monkeypatch.setattr(plaza, "connect", lambda _context: anew)
    clock.forward(hours=25)
    assert checks.look_again(inside)
    assert secrets(inside, channel)["access_token"] == "token-of-the-look"
