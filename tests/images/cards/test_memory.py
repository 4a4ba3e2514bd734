"""Many people may draw at once, and the machine stays small."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from commsched.images.cards import memory
from commsched.images.cards.brand import Brand
from commsched.images.cards.card import draw
from commsched.images.cards.designs import NoSuchDesign


def test_no_more_cards_are_drawn_at_once_than_there_is_room_for() -> None:
    inside, most, lock = 0, 0, threading.Lock()

    def visit(_: int) -> None:
        nonlocal inside, most
        with memory.taken():
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(0.01)
            with lock:
                inside -= 1

    with ThreadPoolExecutor(8) as people:
        list(people.map(visit, range(24)))
    assert most == memory.AT_ONCE


def test_a_drawing_that_fails_leaves_its_place() -> None:
    for _ in range(memory.AT_ONCE + 1):
        with pytest.raises(NoSuchDesign):
            draw("no such design", (1200, 630), {}, Brand(name="Norra"))
    assert draw("headline", (1200, 630), {"headline": "Ja"}, Brand(name="Norra")).data


def test_memory_is_given_back_without_a_word() -> None:
    memory.give_back()
    draw("headline", (1200, 630), {"headline": "Ja"}, Brand(name="Norra"))
    memory.give_back()
