"""Swedish and English say the same things, all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from commsched.core.text.catalogues import catalogue, gettext, ngettext, preferred, read_po, translate
from commsched.core.text.messages import Message
from tests.catalogues import CODE, everything, fields, written

pytestmark = pytest.mark.xdist_group("catalogues")  # the extraction is done once
AREAS = sorted((CODE / "locale" / "sv" / "LC_MESSAGES").glob("*.po"))


def test_every_sentence_has_a_swedish_translation() -> None:
    swedish = catalogue("sv")
    missing = [f"{where}: {message[0]}" for message, where in everything().items() if message[0] not in swedish]
    assert not missing, "\n".join(missing)


def test_no_translation_is_left_of_a_sentence_that_is_gone() -> None:
    used = {message[0] for message in everything()}
    stale = [msgid for msgid in catalogue("sv") if msgid not in used]
    assert not stale, "\n".join(stale)


def test_a_translation_names_the_same_fields() -> None:
    swedish = catalogue("sv")
    for message in everything():
        for form in swedish.get(message[0], ()):
            assert fields(form) == fields(message[-1]) or fields(form) == fields(message[0]), message[0]


def test_a_plural_has_both_its_forms() -> None:
    swedish = catalogue("sv")
    one_form = [message[0] for message in everything() if len(message) == 2 and len(swedish.get(message[0], ())) == 1]
    assert not one_form, "\n".join(one_form)


@pytest.mark.parametrize("area", AREAS, ids=lambda area: area.name)
def test_an_area_says_each_thing_once_and_the_areas_agree(area: Path) -> None:
    seen: set[str] = set()
    for msgid in written(area.read_text("utf-8")):
        assert msgid not in seen, msgid
        seen.add(msgid)
    merged = catalogue("sv")
    differ = [msgid for msgid, forms in read_po(area.read_text("utf-8")).items() if merged[msgid] != forms]
    assert not differ, "said otherwise in another area:\n" + "\n".join(differ)


def test_long_lines_escapes_and_plurals_are_read() -> None:
    made = read_po(
        'msgid ""\nmsgstr "Language: sv\\n"\n\n#: here\nmsgid "one "\n"two"\nmsgstr "ett "\n"\\"två\\""\n'
        '\nmsgid "%(n)s hen"\nmsgid_plural "%(n)s hens"\nmsgstr[0] "%(n)s höna"\nmsgstr[1] "%(n)s hönor"\n'
        '\n#~ msgid "gone"\n#~ msgstr "borta"\n'
    )
    assert made == {"one two": ('ett "två"',), "%(n)s hen": ("%(n)s höna", "%(n)s hönor")}


def test_english_is_what_the_code_says() -> None:
    assert gettext("en", "Sign in") == "Sign in"
    assert ngettext("en", "%(n)s hen", "%(n)s hens", 2) == "%(n)s hens"


def test_a_sentence_in_a_sentence_is_translated_too() -> None:
    inner = Message("Your role does not allow this.")
    assert translate(Message("%(a)s!", {"a": inner}), "sv") == "Din roll tillåter inte detta.!"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "sv"),
        ("en-GB,en;q=0.9,sv;q=0.5", "en"),
        ("de,sv;q=0.4,en;q=0.2", "sv"),
        ("fr", "sv"),
        ("en;q=x,sv;q=0.1", "sv"),
        (",,;;q=", "sv"),
    ],
)
def test_the_browsers_wish_is_read_by_its_weights(header: str, language: str) -> None:
    assert preferred(header) == language


def test_the_name_of_a_setting_stays_as_it_is_written_also_where_a_sentence_begins_with_it() -> None:
    fault = Message(
        "%(what)s", {"what": Message("smtp_url cannot be read. Write smtp://user:password@host:port?starttls=1.")}
    )
    assert translate(fault, "sv").startswith("smtp_url ")
    assert translate(Message("%(what)s", {"what": Message("saved")}), "en") == "Saved"
