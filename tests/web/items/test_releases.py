"""What was let out in an emergency asks, on Today and on its page, whether it is in order."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest

from commsched.services.kernel.context import Installation
from commsched.services.workflow import approve
from tests import writing
from tests.conftest import Browser, Cast

Browse = Callable[..., Browser]


@pytest.mark.parametrize(("answer", "told"), [("fine", "i ordning"), ("mend", "ska rättas")])
def test_the_answer_is_given_on_its_page_and_stays_there(
    browse: Browse, installation: Installation, cast: Cast, answer: str, told: str
) -> None:
    number = writing.submitted(installation, cast, [writing.channels(installation, cast)["x"]])
    approve.bypass(installation, cast.actor("writer"), number, "Olyckan på väg 40 kan inte vänta.")
    writer, approver = browse(cast.writer), browse(cast.approver)
    assert "Släpptes ut utan godkännande. Är det i ordning?" in unescape(approver.get("~/").text)
    assert "Är det i ordning?" not in unescape(writer.get("~/").text)
    assert "Sett, i ordning" not in writer.get(f"~/items/{number}").text
    where = re.search(r'action="[^"]*(/items/\d+/releases/\d+)"', approver.get(f"~/items/{number}").text)
    assert where
    assert writer.post(f"~{where[1]}", {"answer": answer}).status_code == 403
    given = approver.post(f"~{where[1]}", {"answer": answer, "words": "Siffran."}, follow_redirects=True)
    assert "tittade på det" in given.text
    assert told in given.text
    assert "Är det i ordning?" not in unescape(approver.get("~/").text)
    late = approver.post(f"~{where[1]}", {"answer": answer}, follow_redirects=True)
    assert "Någon har redan tittat" in unescape(late.text)
