"""A web of pages for links to lead to: each path answers as it was told."""

from __future__ import annotations

from tests.sims._server import Answer, Call, Simulator, Stage


class Pages(Simulator):
    """``answers`` by path; what is not there is a 404."""

    def __init__(self) -> None:
        super().__init__()
        self.answers: dict[str, Answer] = {}

    def page(self, path: str, html: str, kind: str = "text/html; charset=utf-8", status: int = 200) -> None:
        self.answers[path] = Answer(status, html.encode(), {"content-type": kind})

    def picture(self, path: str, data: bytes, kind: str = "image/png") -> None:
        self.answers[path] = Answer(200, data, {"content-type": kind})

    def moved(self, path: str, to: str, status: int = 302) -> None:
        self.answers[path] = Answer(status, b"", {"location": to})

    def stage(self, call: Call) -> Stage:
        return "read"

    def handle(self, call: Call) -> Answer:
        return self.answers.get(call.path, Answer(404, b"<h1>Not found</h1>"))
