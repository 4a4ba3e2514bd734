"""A network with pages, as tests of signing in meet it: it gives every code what its person may publish on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from commsched.core.delivery.outcome import Absent, Finding, Handles, Outcome, Published
from commsched.core.platform.access import Authorization, Tokens
from commsched.core.platform.contract import (
    Account,
    Budget,
    Capability,
    ChannelContext,
    ChannelView,
    ConnectError,
    DeadToken,
    Facts,
    Limits,
    Part,
    Platform,
    Setting,
)
from commsched.core.platform.settings import Way
from commsched.core.text.messages import Problem

AT = "https://plaza.example"


class Plaza(Platform):
    """``accounts`` are what the next sign-in opens; ``contexts`` what it was handed."""

    key: ClassVar[str] = "plaza"
    name: ClassVar[str] = "Plaza"
    about: ClassVar[str] = "A page on the Plaza."
    connects: ClassVar[frozenset[Way]] = frozenset({"keys", "oauth"})
    can: ClassVar[frozenset[Capability]] = frozenset({"refresh"})
    app: ClassVar[tuple[Setting, ...]] = (
        Setting("client_id", "The app's id"),
        Setting("client_secret", "The app's secret", secret=True, kind="password"),
    )
    app_guide: ClassVar[tuple[str, ...]] = ("Open the page for developers.", "Choose “New app”.")
    guide: ClassVar[Mapping[Way, tuple[str, ...]]] = {"oauth": ("Press the button.", "Choose the page.")}
    settings: ClassVar[tuple[Setting, ...]] = (
        Setting("page_id", "Page", ways=("keys",)),
        Setting("access_token", "Token", secret=True, kind="password", ways=("keys",)),
        Setting("language", "Language", required=False, ways=("oauth", "keys")),
    )

    def __init__(self) -> None:
        self.accounts: list[Account] = [page("1", "Regiongruppen")]
        self.contexts: list[ChannelContext] = []
        self.dead = False

    def connect(self, context: ChannelContext) -> Account:
        self.contexts.append(context)
        if self.dead:
            raise DeadToken("Plaza does not accept the token.", "access_token")
        number = context.settings.get("page_id", "")
        return Account(number, f"Sidan {number}", f"{AT}/{number}")

    def provider(self, settings: Mapping[str, str]) -> str:
        return AT

    def authorize(self, context: ChannelContext) -> Authorization:
        self.contexts.append(context)
        assert context.handshake is not None
        address = f"{AT}/authorize?state={context.handshake.state}&client_id={context.app['client_id']}"
        return Authorization(address, {"nonce": "kept"})

    def callback(self, context: ChannelContext, answer: Mapping[str, str]) -> list[Account]:
        self.contexts.append(context)
        if "code" not in answer:
            raise ConnectError("You did not let the office in at Plaza.")
        return list(self.accounts)

    def refresh(self, context: ChannelContext) -> Tokens:
        return Tokens({"access_token": "renewed"})

    def limits(self, facts: Facts) -> Limits:
        return Limits()

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        return []

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        return Published("1")

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        return Absent()

    def budgets(self, headers: Mapping[str, str], now: datetime) -> list[Budget]:
        if "x-left" not in headers:
            return []
        resets = now + timedelta(seconds=int(headers.get("x-resets", "900")))
        return [Budget("posts", 100, int(headers["x-left"]), resets)]


class Gallery(Plaza):
    """What a page's pictures are shown on: opened by the same sign-in."""

    key: ClassVar[str] = "gallery"
    name: ClassVar[str] = "Gallery"


def page(number: str, name: str, token: str = "", **more: Any) -> Account:
    """A page that a sign-in opens, with a token of its own."""
    tokens = Tokens({"access_token": token or f"token-{number}", "refresh_token": f"refresh-{number}"})
    return Account(number, name, f"{AT}/{number}", tokens=tokens, settings={"page_id": number}, **more)
