"""A webhook: each item as signed JSON to a program that the office runs itself, in the way of Standard Webhooks.

Every try at an item carries the same ``webhook-id``, by which the receiver drops what it has had. So a lost answer may
be followed by another try.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from commsched.core.delivery.outcome import Absent, Finding, Handles, Outcome, Published, Rejected, Retry
from commsched.core.platform.contract import (
    Account,
    ChannelContext,
    ChannelView,
    ConnectError,
    DeadToken,
    Facts,
    Limits,
    Part,
    Setting,
)
from commsched.core.platform.settings import Way
from commsched.core.text.messages import N_, Problem
from commsched.platforms._shared.adapter import Blame, NetworkPlatform
from commsched.platforms._shared.answers import base_url, detail, outcome_of, value
from commsched.platforms._shared.checks import check_pictures, check_text

if TYPE_CHECKING:
    from commsched.platforms._webhook.events import EventType
    from commsched.platforms._webhook.receiver import Receiver

_ADDRESS = Setting(
    "base_url",
    N_("Address"),
    kind="url",
    help=N_("Where your program listens, such as https://hooks.example.org/commsched. It is tried at once."),
    aliases=("url", "address", "webhook_url"),
)
_SECRET = Setting(
    "secret",
    N_("Secret"),
    kind="password",
    secret=True,
    help=N_("What your program knows the sender by: whsec_ and Base64, or any 24 characters or more."),
    aliases=("signing_secret",),
)
GUIDE: Final[Mapping[Way, tuple[str, ...]]] = {
    "keys": (
        N_("Ask whoever runs the program for its address. What it gets is told to them in docs/platforms.md."),
        N_("Agree on a secret, or let the program make one: with it the program knows that it is you."),
        N_("Write both here. A trial is sent at once: it says “ping”, and shows nothing to anybody."),
    ),
}
LIMITS = Limits(
    pictures=10,
    picture_bytes=1_000_000,  # they stand in the message: addresses that a network fetches from end when it is out
    videos=1,
)


class Webhook(NetworkPlatform["Receiver"]):
    key = "webhook"
    name = N_("Webhook")
    about = N_("A program of your own: each item as signed JSON, also when it is changed or withdrawn.")
    icon = "lucide:webhook"
    settings = (_ADDRESS, _SECRET)
    guide = GUIDE
    by_itself = ()
    can = frozenset({"edit", "delete"})
    resend_if_absent = True
    resend_within = timedelta(days=1)
    """How long a receiver must remember what it has had."""

    def client(self, context: ChannelContext) -> Receiver:
        from commsched.platforms._webhook.receiver import Receiver
        from commsched.platforms._webhook.signing import key_of

        address, key = _address(context), key_of(value(context, _SECRET))
        if key is None:
            words = N_("The secret must be at least 24 characters, or whsec_ and at least 24 bytes in Base64.")
            raise ConnectError(words, _SECRET.key)
        return Receiver(address, key, context)

    def outcome(self, error: Exception, context: ChannelContext, client: Receiver | None = None) -> Outcome:
        from commsched.platforms._webhook import receiver

        return outcome_of(error, context, receiver.NotTaken, lambda refusal: receiver.outcome(refusal, context))

    def blame(self, context: ChannelContext) -> Blame:
        return Blame(_SECRET.key, _ADDRESS.key)

    def account(self, client: Receiver, context: ChannelContext) -> Account:
        """The receiver is told that it is tried, and need do nothing about it."""
        from commsched.platforms._webhook.receiver import GONE, NotTaken

        try:
            answer = _tell(client, context, "ping", {}, context.now().isoformat())
        except NotTaken as error:
            if error.response.status_code == GONE:
                words = N_("The receiver says that it wants no more (410). Ask whoever runs it.")
                raise DeadToken(words, _ADDRESS.key) from error
            raise
        place = urlsplit(_address(context))
        name = answer.get("name")
        known_as = name[:100] if isinstance(name, str) and name.strip() else place.netloc
        return Account(f"{place.netloc}{place.path}"[:200], known_as)

    def limits(self, facts: Facts) -> Limits:
        return LIMITS

    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        return check_text(view, None, len, self.name) + check_pictures(view, LIMITS, self.name)

    def needs_prepare(self, part: Part) -> bool:
        return False

    def post(self, client: Receiver, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        from commsched.platforms._webhook.receiver import published

        message = part.key or part.view.uid
        body = _body("item.published", part, context, {"id": message})
        return body if not isinstance(body, bytes) else published(client.tell(message, body), message)

    def look(self, client: Receiver, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        """Nothing is asked: whether it came before is for the receiver to see, by the message's id."""
        return Absent(N_("the receiver drops what it has had before, so that it may be sent again"))

    def edit(self, part: Part, remote_id: str, context: ChannelContext) -> Outcome:
        def change(client: Receiver) -> Outcome:
            from commsched.platforms._webhook.events import message_id

            body = _body("item.changed", part, context, {"id": remote_id})
            if not isinstance(body, bytes):
                return body
            client.tell(message_id("changed", remote_id, context.now().isoformat()), body)
            return Published(remote_id, detail="changed")

        return self._ask(context, change)

    def remove(self, client: Receiver, remote_id: str, context: ChannelContext) -> None:
        _tell(client, context, "item.withdrawn", {"id": remote_id}, remote_id)


def _address(context: ChannelContext) -> str:
    """The whole address; :func:`base_url` says what is wrong with it."""
    server, raw = base_url(context, _ADDRESS), value(context, _ADDRESS)
    parts = urlsplit(raw if "://" in raw else f"https://{raw}")
    return f"{server}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def _body(kind: EventType, part: Part, context: ChannelContext, names: dict[str, object]) -> bytes | Outcome:
    """What is sent of ``part``, or why it cannot be; nothing was sent then."""
    from commsched.platforms._webhook.events import NoPublicAddress, event, item

    try:
        return event(kind, context, names | item(part, context, kind))
    except NoPublicAddress:
        words = N_("a video is fetched by its receiver, and this installation has no public address to fetch it from")
        return Rejected(words, "config")
    except OSError as error:
        return Retry(detail(error, context))


def _tell(
    client: Receiver, context: ChannelContext, kind: EventType, data: dict[str, object], once: str
) -> Mapping[str, object]:
    from commsched.platforms._webhook.events import event, message_id

    return client.tell(message_id(kind, once), event(kind, context, data))


PLATFORM = Webhook()
