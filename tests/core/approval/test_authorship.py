"""Whose words stand in a version."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from commsched.core.approval.authorship import BEGUN, SavedVersion, fields, writers
from commsched.core.content.model import Attachment, ChannelContent, Content, Rendition, canonical
from commsched.core.media.crops import Crop
from tests.core.kinds import same_each_time

KARIN, GUNNAR, ASTRID = 1, 2, 3


def of(*versions: tuple[int, Content]) -> set[int]:
    return writers(SavedVersion(author, fields(canonical(content))) for author, content in versions)


def texts(*versions: tuple[int, str]) -> set[int]:
    return of(*[(author, Content(text=text)) for author, text in versions])


def test_who_changed_a_word_is_still_its_writer_after_somebody_changes_a_comma() -> None:
    assert texts((KARIN, "Fler turer."), (GUNNAR, "Färre, dyrare turer."), (KARIN, "Färre dyrare turer.")) == {1, 2}


def test_a_change_that_was_undone_leaves_nobody_behind() -> None:
    assert texts((KARIN, "Fler turer."), (GUNNAR, "Fler turer!"), (KARIN, "Fler turer.")) == {KARIN}
    assert of(
        (KARIN, Content(text="a")), (GUNNAR, Content(text="a", link="https://x.se")), (KARIN, Content(text="a"))
    ) == {KARIN}


def test_words_that_return_are_their_writers_whoever_put_them_back() -> None:
    assert texts((KARIN, "a"), (GUNNAR, "mina ord"), (KARIN, "b"), (KARIN, "mina ord")) == {KARIN, GUNNAR}
    assert texts((KARIN, "a"), (ASTRID, "b"), (GUNNAR, "a")) == {KARIN}


def test_emptying_a_field_and_pasting_its_text_back_changed_hides_nobody() -> None:
    assert texts((KARIN, "a"), (GUNNAR, "mina ord"), (KARIN, ""), (KARIN, "mina ord.")) == {KARIN, GUNNAR}


def test_another_field_and_another_channel_are_somebody_elses_words() -> None:
    first = Content(text="a", channels=[ChannelContent(channel=1), ChannelContent(channel=2)])
    own = Content(text="a", channels=[ChannelContent(channel=1, text="kort"), ChannelContent(channel=2)])
    gone = Content(text="a", channels=[ChannelContent(channel=2)])
    assert of((KARIN, first), (GUNNAR, own)) == {KARIN, GUNNAR}
    assert GUNNAR not in of((KARIN, first), (GUNNAR, own), (KARIN, gone))
    assert GUNNAR in of((KARIN, first), (GUNNAR, own), (KARIN, gone), (KARIN, own))


def test_how_a_picture_is_cropped_is_a_choice_and_how_it_is_made_smaller_is_not() -> None:
    def shown(crop: Crop, sha256: str) -> Content:
        made = [Rendition(of="a" * 64, sha256=sha256)]
        return Content(
            text="a",
            attachments=[Attachment(sha256="a" * 64)],
            channels=[ChannelContent(channel=1, crop=crop, pictures=made)],
        )

    whole, square, elsewhere = shown("", "b" * 64), shown("1:1", "c" * 64), shown("1:1", "d" * 64)
    assert of((KARIN, whole), (GUNNAR, square)) == {KARIN, GUNNAR}
    assert of((KARIN, square), (GUNNAR, elsewhere)) == {KARIN, GUNNAR}, "the same shape, moved to show something else"
    assert of((KARIN, whole), (GUNNAR, square), (KARIN, whole)) == {KARIN}
    bare = Content(text="a", channels=[ChannelContent(channel=1, crop="1:1")])
    assert of((KARIN, square), (GUNNAR, bare)) == {KARIN}, "to take a picture away is to choose none"
    assert of((KARIN, whole), (GUNNAR, shown("", "e" * 64))) == {KARIN}, "what a channel takes is nobody's choice"


def test_whom_a_list_goes_to_is_nobodys_words() -> None:
    old, new = (Content(text="a", channels=[ChannelContent(channel=1, recipients=digest)]) for digest in ("aa", "bb"))
    assert of((KARIN, old), (GUNNAR, new)) == {KARIN}


Saved = list[tuple[int, tuple[str, ...]]]


def write_more(draw: Callable[[st.SearchStrategy[Any]], Any], saved: Saved) -> None:
    """One person saves once: a word of their own in, a word out, a word moved, or an older version put back."""
    person, words = draw(st.integers(1, 3)), list(saved[-1][1]) if saved else []
    deed = draw(st.sampled_from(("in", "in", "out", "move", "back", "empty")))
    place = draw(st.integers(0, len(words)))
    if deed == "in":
        words.insert(place, f"{person}:{draw(st.integers(0, 9))}")
    elif deed == "out" and words:
        del words[place % len(words)]
    elif deed == "move" and words:
        words.append(words.pop(place % len(words)))
    elif deed == "back" and saved:
        words = list(draw(st.sampled_from(saved))[1])
    elif deed == "empty":
        words = []
    saved.append((person, tuple(words)))


@given(st.data())
@same_each_time
def test_whoever_wrote_a_word_that_stands_is_always_among_its_writers(data: st.DataObject) -> None:
    saved: Saved = []
    for _ in range(data.draw(st.integers(1, 12))):
        write_more(data.draw, saved)
    found = texts(*[(person, " ".join(words)) for person, words in saved])
    assert {int(word[0]) for word in saved[-1][1]} <= found
    assert found <= {person for person, _ in saved}


@given(st.data())
@same_each_time
def test_putting_everything_back_gives_back_exactly_its_writers(data: st.DataObject) -> None:
    saved: Saved = []
    for _ in range(data.draw(st.integers(1, 8))):
        write_more(data.draw, saved)
    before = texts(*[(person, " ".join(words)) for person, words in saved])
    once = [*saved, (3, ("3:x",)), (data.draw(st.integers(1, 3)), saved[-1][1])]
    assert texts(*[(person, " ".join(words)) for person, words in once]) == before


def history(*events: tuple[int, str] | int) -> set[int]:
    """As the store tells it: saves, and a bare number is somebody who accepts what stands."""
    versions: list[SavedVersion] = []
    for event in events:
        if isinstance(event, tuple):
            versions.append(SavedVersion(event[0], fields(canonical(Content(text=event[1]))) | {BEGUN: b"begun"}))
        else:
            last = versions.pop()
            versions.append(SavedVersion(last.author, last.said, accepted=(*last.accepted, event)))
    return writers(versions)


def test_who_accepts_words_has_taken_them_on_and_their_writer_may_approve_them() -> None:
    assert history((KARIN, "a"), (GUNNAR, "a b")) == {KARIN, GUNNAR}
    assert history((KARIN, "a"), (GUNNAR, "a b"), KARIN) == {KARIN}
    assert history((GUNNAR, "a"), KARIN) == {KARIN}, "also of what the approver began"
    assert history((KARIN, "a"), (GUNNAR, "a b"), KARIN, (KARIN, "a b c")) == {KARIN}, "what she adds is hers too"
    assert history((KARIN, "a"), (GUNNAR, "a b"), KARIN, (GUNNAR, "a b c")) == {KARIN, GUNNAR}, "a new word of his"


def test_what_nobody_accepted_is_still_its_writers_when_it_comes_back() -> None:
    assert history((GUNNAR, "mina ord"), (GUNNAR, "andra ord"), KARIN, (KARIN, "mina ord")) == {GUNNAR, KARIN}


def test_words_of_the_library_have_their_own_hands() -> None:
    shown = fields(canonical(Content(text="a", attachments=[Attachment(sha256="a" * 64, alt="En buss.")])))
    assert writers([SavedVersion(KARIN, shown, lent=frozenset({GUNNAR}))]) == {KARIN, GUNNAR}
    bare = fields(canonical(Content(text="a")))
    assert writers([SavedVersion(KARIN, shown, lent=frozenset({GUNNAR})), SavedVersion(KARIN, bare)]) == {KARIN}
    assert writers([SavedVersion(KARIN, shown, lent=frozenset({GUNNAR}), accepted=(KARIN,))]) == {KARIN}
