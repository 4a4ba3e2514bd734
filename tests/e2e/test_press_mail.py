"""A press mail as its reader sees it: on a phone and on a desk, in light and dark, and at twice the size of text.

With ``MAIL_PICTURES`` in the environment, a folder, what is seen is kept there as pictures.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from commsched.core.content.model import Attachment
from commsched.core.content.release import ContactPerson, Event, Quote
from commsched.core.platform.contract import AttachmentFile, ChannelContext, Email
from commsched.core.platform.email import InlineImage, Letterhead
from commsched.platforms.presslist import PLATFORM
from tests.channel_views import channel_view

NOW = datetime(2026, 11, 26, 6, 30, tzinfo=UTC)
SHA256 = "ab" * 32
TEXT = """Regionstyrelsen säger **ja** till fler turer på landet från den 10 januari. Förslaget är Regiongruppens.

## Tjugo linjer får tätare trafik

- Linje 12 mellan Kungsbyn och Ljungstad
- Linje 40 till sjukhuset, [hela tidtabellen](https://trafik.example/tidtabell/vinter-2027/linje-40-sjukhuset)

Kollektivtrafiknämndensordförandekandidatutnämningsprotokoll är ett långt ord.
"""


def picture(width: int, height: int, kind: str = "JPEG") -> bytes:
    out = BytesIO()
    image = Image.linear_gradient("L").resize((width, height)).convert("RGB" if kind == "JPEG" else "RGBA")
    image.save(out, kind)
    return out.getvalue()


def mail(**values: Any) -> Email:
    shown = Attachment(sha256=SHA256, alt="En buss på landsväg i snö", width=1600, height=900, credit="Anna Ek")
    file = AttachmentFile(SHA256, "image/jpeg", shown.alt, 1600, 900, 1, BytesIO, credit="Anna Ek")
    view = channel_view(
        kind="release",
        title="Ja till fler turer på landet",
        lead="Från januari går bussen varje timme, också på kvällen.",
        text=TEXT,
        short="Notisen.",
        facts="- 41 000 resor om dagen\n- 12 miljoner kronor",
        quotes=[Quote(text="Nu går det att bo kvar på landet utan bil.", person="Karin Lund", role="gruppledare")],
        contacts=[
            ContactPerson(
                name="Eva Sandström",
                role="pressekreterare",
                phone="070-000 00 00",
                email="eva.sandstrom@regiongruppen.example",
                hours="vardagar 8–17",
            )
        ],
        genre="pressinbjudan",
        event=Event(
            starts="2026-12-10T09:00:00Z",
            ends="2026-12-10T10:30:00Z",
            place="Regionens hus",
            address="Storgatan 1, Ljungstad",
            people="Karin Lund, gruppledare\nAnders Vik, regionråd",
            reply_by="2026-12-08T16:00:00Z",
        ),
        attachments=[shown],
        pictures=(file,),
        uid="0123456789abcdef" * 2,
        preview_url="https://plan.example/e/hemligt",
        recipients=("red@lansbladet.example",),
        **{"embargo": "2026-11-27T05:00:00Z", **values},
    )
    context = ChannelContext(
        channel=1,
        settings={"sender": "press@gruppen.example", "newsroom_link": "1"},
        secrets={},
        now=lambda: NOW,
        http=None,
        public_url="https://plan.example",
        workspace="gruppen",
        office_name="Regiongruppen",
        zone="Europe/Stockholm",
        letterhead=lambda: Letterhead(
            "Regiongruppen i Ljungbygdens region",
            "Regiongruppen är partiets grupp i regionfullmäktige, med elva ledamöter.",
            "#b5123c",
            "#ff8fa8",
            InlineImage("logo-1", "image/png", picture(90, 90, "PNG"), 90, 90),
        ),
        mail_picture=lambda file: InlineImage("picture-1", "image/jpeg", picture(1120, 630), 1120, 630),
    )
    return PLATFORM.message(PLATFORM.parts(view)[0], context)


def as_opened(message: Email) -> str:
    """The HTML as a mail program shows it: with its pictures in place."""
    html = message.html
    for image in message.images:
        html = html.replace(f"cid:{image.name}", f"data:{image.mime};base64,{b64encode(image.data).decode()}")
    return html


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_mail_is_read_on_every_screen(chromium: Any, axe: Callable[[Any], None], scheme: str) -> None:
    html = as_opened(mail())
    page = chromium.new_page(viewport={"width": 1000, "height": 1200}, color_scheme=scheme)
    page.set_content(html)
    for width in (1000, 390, 320, 195):  # the last is a phone whose owner has set twice the size
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, f"the mail is wider than {width}"
        assert page.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")
        if folder := os.environ.get("MAIL_PICTURES"):
            page.screenshot(path=Path(folder, f"mail-{scheme}-{width}.png"), full_page=True)
    axe(page)
    ground = page.evaluate("getComputedStyle(document.querySelector('.sheet')).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(27, 31, 35)"}[scheme]
    page.close()


def test_the_text_says_what_the_html_says() -> None:
    letter = mail()
    shown = re.sub(r"<(style|title)[^>]*>.*?</\1>|<!--.*?-->", "", letter.html, flags=re.DOTALL)
    words = set(re.findall(r"[\w@.-]{4,}", unescape(re.sub(r"<[^>]*>", " ", shown)).lower()))
    written = letter.text.lower()
    assert {word for word in words if word.strip(".-") not in written} == set()
    for said in ("torsdag 10 december 2026 kl. 10.00–11.30", "Regionens hus, Storgatan 1", "tisdag 8 december 2026"):
        assert said in letter.text
    assert 'href="tel:0700000000"' in letter.html
    assert 'href="mailto:eva.sandstrom@regiongruppen.example"' in letter.html
