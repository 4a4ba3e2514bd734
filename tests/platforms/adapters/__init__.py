"""What the shared tests know of each adapter to a network. A new one joins by one file and nothing else:

``tests/platforms/adapters/<key>.py`` with an ``ADAPTER``: the settings of a channel, and what the network answers when
all is well. ``test_contract.py`` then serves these answers over HTTP and breaks them in every way that networks break,
and ``test_malformed_answers.py`` spoils them in every place. Write :data:`SERVER` wherever the network's own address
stands, also inside answers; the tests put the address of their server in its place.
"""

from __future__ import annotations

import json
import pkgutil
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from msgspec.structs import replace

from commsched.core.delivery.outcome import Handles
from commsched.core.platform.contract import ChannelContext, Part, Platform
from commsched.core.platform.http import HttpClient
from commsched.platforms import get
from tests.platforms._office import NOW, part, picture
from tests.sims._server import Answer, Call, Simulator, Stage

SERVER = "https://server.example"
SECRET = "secret-0001"
"""What every secret of a channel is here, or begins with: looked for in every error and every line of the log."""


@dataclass(frozen=True)
class Says:
    """An answer with headers that matter."""

    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, kw_only=True)
class Adapter:
    """One adapter to a network, as the shared tests need it."""

    key: str
    settings: Mapping[str, str] = field(default_factory=lambda: {"base_url": SERVER})
    secrets: Mapping[str, str] = field(default_factory=lambda: {"access_token": SECRET})
    app: Mapping[str, str] = field(default_factory=dict)
    answers: list[tuple[str, Any]]
    """A pattern, looked for in ``POST /path?query``, and the JSON (or :class:`Says`) that is answered; the first that
    fits. What none fits is answered 404."""
    refusal: Any = None
    """The body of an error, as the network spells it; put into 4xx and 5xx, and into a 200 with an error inside."""
    publishes: str
    """A pattern, looked for in ``POST /path``, of the call that makes something visible."""
    handles: Mapping[str, str] = field(default_factory=dict)
    """What ``prepare`` leaves for ``publish``."""
    unready: Mapping[str, str] = field(default_factory=dict)
    """What it leaves beside where the network is still working on it, so that ``publish`` asks first."""
    account: str = "7"
    remote_id: str = "1"
    """What something published is called there."""
    words: str = "Hej"
    picture: bool = False
    """Whether nothing goes out there without a picture."""
    uploads: bool = True
    """Whether the bytes of a picture are sent to the network."""
    accepts_anything: bool = False
    """Whether a 2xx is a success whatever its body is: only where the network has no answers of its own."""
    proof: Platform | None = None
    """The platform, where it stands in no registry."""

    @property
    def platform(self) -> Platform:
        return self.proof or get(self.key)

    def context(self, http: HttpClient, server: str = SERVER, **changes: Any) -> ChannelContext:
        """A channel there, over ``http``; the network is at ``server``."""
        return ChannelContext(
            channel=1,
            settings={key: text.replace(SERVER, server) for key, text in self.settings.items()}
            | {"allow_private": "1"},
            secrets=dict(self.secrets),
            app=dict(self.app),
            now=changes.pop("now", lambda: NOW),
            http=http,
            account=changes.pop("account", self.account),
            media_address=lambda file: f"https://kansli.example/m/{file.sha256}",
            **changes,
        )

    def post(self, *, with_picture: bool = False) -> Part:
        """A post of few words."""
        return part(self.platform, self.words, *([picture()] if with_picture or self.picture else []))

    def parts(self) -> list[Part]:
        """A post with a picture, an answer to another, and a first comment."""
        post = self.post(with_picture=True)
        return [post, replace(post, role="reply", parent="5"), replace(post, role="comment", parent="5", pictures=())]

    @property
    def prepared(self) -> Handles:
        return Handles(dict(self.handles))

    @property
    def since(self) -> datetime:
        return datetime(2026, 11, 26, tzinfo=UTC)

    def usual(self, method: str, path: str, server: str = SERVER) -> Says:
        """What the network answers to this call when all is well."""
        for pattern, body in self.answers:
            if re.search(pattern, f"{method} {path}"):
                says = body if isinstance(body, Says) else Says(body)
                return Says(*json.loads(json.dumps([says.body, says.headers]).replace(SERVER, server)), says.status)
        return Says({"error": "no such call"}, status=404)


class Scripted(Simulator):
    """A network of which nothing is known but its usual answers, over HTTP; it can be told to misbehave."""

    def __init__(self, adapter: Adapter) -> None:
        super().__init__()
        self.adapter = adapter
        self.published = 0
        """How often a call came that would make something visible."""

    def stage(self, call: Call) -> Stage:
        if re.search(self.adapter.publishes, f"{call.method} {call.path}"):
            self.published += 1
            return "publish"
        return "read" if call.method == "GET" else "prepare"

    def handle(self, call: Call) -> Answer:
        query = "&".join(f"{key}={text}" for key, text in call.query.items())
        says = self.adapter.usual(call.method, f"{call.path}?{query}", self.url)
        return Answer(says.status, says.body, dict(says.headers))

    def refusal(self, fault: str) -> Answer:
        """``error:STATUS``: the network's own error with that status, 200 for one inside a success."""
        return Answer(int(fault.removeprefix("error:")), self.adapter.refusal)


def all_of_them() -> dict[str, Adapter]:
    """Every adapter that has joined, by its key."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").ADAPTER for name in names}
