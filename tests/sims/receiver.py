"""A receiver of webhooks: it checks what is signed by another maker's library, and drops what it has had before."""

from __future__ import annotations

from typing import Any

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests.sims._server import Answer, Call, Simulator, Stage

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Receiver(Simulator):
    """``items`` are what it shows, by the id it gave them; ``had`` the messages that it took."""

    def __init__(self, secret: str = SECRET) -> None:
        super().__init__()
        self.items: dict[str, dict[str, Any]] = {}
        self.had: dict[str, Answer] = {}
        self.pings = 0
        self.repeats = 0
        self.secret = secret

    def stage(self, call: Call) -> Stage:
        return "read" if call.json.get("type") == "ping" else "publish"

    def refusal(self, fault: str) -> Answer:
        """``STATUS`` or ``STATUS:WORDS``, in plain words as such programs answer."""
        status, _, words = fault.partition(":")
        return Answer(int(status), (words or "no").encode(), {"content-type": "text/plain"})

    def handle(self, call: Call) -> Answer:
        try:
            event = Webhook(self.secret).verify(call.body.decode(), call.headers)
        except WebhookVerificationError:
            return Answer(401, b"who are you?", {"content-type": "text/plain"})
        if call.path != "/hooks/commsched" or call.query != {"office": "1"}:
            return Answer(404, b"", {"content-type": "text/plain"})
        message = call.headers["webhook-id"]
        if message in self.had:
            self.repeats += 1
        else:
            self.had[message] = self._take(event["type"], event["data"])
        return self.had[message]

    def _take(self, kind: str, data: dict[str, Any]) -> Answer:
        if kind == "ping":
            self.pings += 1
            return Answer(200, {"name": "Skylten i fönstret"})
        if kind == "item.published":
            name = f"sign-{len(self.items) + 1}"
            self.items[name] = data
            return Answer(201, {"id": name, "url": f"https://skylten.example/{name}"})
        if kind == "item.changed":
            self.items[data["id"]] |= data
            return Answer(200, {"id": data["id"]})
        assert kind == "item.withdrawn", kind
        self.items.pop(data["id"], None)
        return Answer(204, b"", {"content-type": "text/plain"})
