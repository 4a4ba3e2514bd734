"""A hand at a page: every press of a mouse or a thumb is counted, and so is a question of the browser's own."""

from __future__ import annotations

from typing import Any


class Hand:
    """Presses on ``page``. Words that are typed cost nothing; a key that is not part of them is counted in ``keys``."""

    def __init__(self, page: Any) -> None:
        self.page, self.presses, self.keys = page, 0, 0
        page.on("dialog", self._answer)

    def _answer(self, dialog: Any) -> None:
        self.presses += 1
        dialog.accept()

    def press(self, target: Any, **how: Any) -> None:
        """Click or tap ``target``, a locator."""
        self.presses += 1
        target.click(**how)

    def key(self, name: str) -> None:
        self.keys += 1
        self.page.keyboard.press(name)

    def words(self, text: str) -> None:
        self.page.keyboard.type(text)

    def choose_file(self, target: Any, file: dict[str, Any]) -> None:
        """Press ``target`` and pick ``file`` in the machine's own dialog, which is no part of the page."""
        with self.page.expect_file_chooser() as chooser:
            self.press(target)
        chooser.value.set_files([file])
