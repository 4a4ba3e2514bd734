"""What a hostile or careless visitor sends: each has a designed answer, and none is a fault of ours."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import update

from commsched.services.kernel.context import Installation
from commsched.store.models import Channel, Delivery, Part
from commsched.store.session import EVERY_WORKSPACE
from tests.conftest import Browser, Cast
from tests.publications import channel
from tests.services import desk

ODD = ["²", "٣", "9" * 30, "9" * 5000, "-1", "\x00", "1e9"]
"""What ``str.isdigit`` calls a digit but ``int`` cannot read, and what the store cannot count to."""


@pytest.mark.parametrize("number", ODD, ids=range(len(ODD)))
@pytest.mark.parametrize("name", ["before", "person", "item", "from", "channel", "pictures"])
@pytest.mark.parametrize("page", ["pictures/", "search", "record/", "calendar/", "studio/quote", "write"])
def test_an_address_with_an_odd_number_is_a_page_all_the_same(
    cast: Cast, browse: Callable[..., Browser], page: str, name: str, number: str
) -> None:
    given = browse(cast.administrator).get(f"~/{page}", query_string={name: number})
    assert given.status_code in (200, 304, 404)


@pytest.mark.parametrize("number", ODD, ids=range(len(ODD)))
def test_a_form_with_an_odd_number_is_answered(cast: Cast, browse: Callable[..., Browser], number: str) -> None:
    admin = browse(cast.administrator)
    assert admin.post("~/write/check", {"item": number, "kind": "post"}).status_code in (200, 404)
    assert (
        admin.post("~/studio/quote/look", {"page": number, "item": number, "picture-photo": number}).status_code < 500
    )
    assert admin.post("~/studio/quote", {"page": number, "item": number, "picture-photo": number}).status_code < 500
    assert admin.post("~/settings/look/look", {"logo": number, "mark": number}).status_code < 500
    for verb in ("add", "drop", "up"):
        assert admin.post("~/write", {"do": f"{verb}:{number}", "kind": "post"}).status_code < 500


def test_an_address_from_a_hostile_server_does_not_become_a_link(
    installation: Installation, cast: Cast, browse: Callable[..., Browser]
) -> None:
    sandbox = channel(installation, cast.place.id, "sandbox", account_url="javascript:alert(1)", account_name="Väggen")
    item = desk.scheduled(cast, channels=[sandbox])
    desk.publish_what_is_due(installation)
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(update(Part).values(url="javascript:alert(2)"))
        session.execute(update(Channel).values(account_url="javascript:alert(1)"))
    admin = browse(cast.administrator)
    for page in (f"~/items/{item}", "~/", f"~/channels/{sandbox}", "~/record/", "~/pictures/"):
        assert "javascript:" not in admin.get(page).text, page
    with installation.store.write(EVERY_WORKSPACE) as session:
        session.execute(update(Delivery).values(state="unknown"))
    assert "javascript:" not in admin.get(f"~/items/{item}").text


@pytest.mark.parametrize(
    "origin", ["https://thief.example", "null", "http://[::1", "//", "http://localhost.thief.example"]
)
def test_a_form_from_elsewhere_changes_nothing(cast: Cast, browse: Callable[..., Browser], origin: str) -> None:
    admin = browse(cast.administrator)
    given = admin.post("~/me/", {"name": "Tjuven", "language": "sv"}, headers={"Origin": origin})
    assert given.status_code == 400
    assert "Tjuven" not in admin.get("~/people/").text


@pytest.mark.parametrize("number", ODD, ids=range(len(ODD)))
def test_a_press_with_an_odd_number_is_answered(cast: Cast, browse: Callable[..., Browser], number: str) -> None:
    """Whom an item is confided to, what several posts are chosen for, and the channel that is moved alone."""
    desk.written(cast, channels=[channel(cast.installation, cast.place.id)])
    browser = browse(cast.writer)
    sent = {
        "items/1/confidential": {"confidential": "1", "confidants": number},
        "write": {"kind": "post", "text": "Något", "lock": "1", "confidants": number},
        "calendar/several": {"deed": "move", "days": "1", "told": f"{number}:free"},
        "items/1/move": {"publish_day": "2026-11-27", "publish_time": "10:00", "channel": number[:16]},
        "undo": {"item": number},
        "remind": {"person": number},
    }
    for path, form in sent.items():
        assert browser.post(f"~/{path}", form).status_code < 500, path
    for method in (browser.get, browser.post):
        given = method("~/calendar/1/move", query_string={"channel": number[:1000]}, data={"at": "2026-11-27T10:00"})
        assert given.status_code < 500
