"""The plan for others in a real browser: made, read on a phone without an account, printed on one sheet."""

from __future__ import annotations

import re
from typing import Any

from commsched.services.planning import plan_links
from tests.conftest import Cast
from tests.services.desk import scheduled, written


def test_the_group_reads_the_plan_on_a_phone_without_an_account(visit: Any, axe: Any, cast: Cast) -> None:
    scheduled(cast, text="Sjukvårdsupplysningsverksamhetens tillgänglighetsförbättringar i hela länet. " * 2)
    plan_links.make(cast.installation, cast.actor("writer"))
    link = plan_links.standing(cast.installation, cast.actor("writer"))
    assert link is not None
    page = visit(None, phone=True)
    page.goto("/plan/" + link.url.rpartition("/")[2])
    assert page.get_by_text("Sjukvårdsupplysnings").first.is_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    axe(page)


def test_a_full_week_is_printed_on_one_sheet(visit: Any, cast: Cast) -> None:
    for n in range(42):
        written(
            cast, publish_at=f"2026-11-{26 + n % 4}T{8 + n // 4:02}:00", text=f"Inlägg nummer {n} om bussar och vård."
        )
    page = visit(cast.writer)
    page.goto("/w/gruppen/calendar/paper")
    sheet = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page[^s]", sheet)) == 1
