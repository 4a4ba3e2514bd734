"""What every adapter to a network does the same way: it makes a client, asks, and turns whatever happens into words.

A network's own module says how it is asked (:meth:`NetworkPlatform.account`, ``upload``, ``post``, ``look``,
``remove``) and what its refusals mean (``outcome``). None of these needs to catch anything.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from commsched.core.delivery.outcome import CannotTell, Finding, Handles, Outcome, Pending, Published
from commsched.core.platform.contract import Account, ChannelContext, ConnectError, Part, Platform, Setting
from commsched.core.text.messages import N_
from commsched.platforms._shared.answers import invisible, orphan, refusal, unread
from commsched.platforms._shared.readback import SKEW

Client = TypeVar("Client")
Result = TypeVar("Result")


def known_server(address: str, *aliases: str) -> Setting:
    """The setting for the address of a network that has one; only a simulator has another."""
    return Setting(
        "base_url",
        N_("Server"),
        kind="url",
        required=False,
        default=address,
        help=N_("Leave as it is."),
        aliases=("url", *aliases),
    )


class Blame(msgspec.Struct, frozen=True):
    """The fields to point at where connecting fails: for a token that does not do, a server that does not answer, and
    anything else the platform said no to (``server``, unless given)."""

    token: str
    server: str = "base_url"
    refused: str = ""


class NetworkPlatform(Platform, Generic[Client]):
    """A network behind a client of its own."""

    @abstractmethod
    def client(self, context: ChannelContext) -> Client:
        """The SDK's client. Makes no call; raises :class:`ConnectError` for settings that cannot be used."""

    @abstractmethod
    def outcome(self, error: Exception, context: ChannelContext, client: Client | None = None) -> Outcome:
        """What ``error`` means, whoever raised it."""

    @abstractmethod
    def account(self, client: Client, context: ChannelContext) -> Account:
        """A harmless call: whose access it is, and whether it may publish."""

    @abstractmethod
    def blame(self, context: ChannelContext) -> Blame:
        """The fields that errors of connecting stand by."""

    def upload(self, client: Client, part: Part, context: ChannelContext) -> Handles | Pending | Outcome:
        """As :meth:`prepare`."""
        return Handles()

    @abstractmethod
    def post(self, client: Client, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        """As :meth:`publish`: the one call that makes it visible."""

    @abstractmethod
    def look(self, client: Client, part: Part, handles: Handles, start: datetime, context: ChannelContext) -> Finding:
        """As :meth:`find`; ``start`` allows for the difference of clocks."""

    def remove(self, client: Client, remote_id: str, context: ChannelContext) -> Outcome | None:
        """As :meth:`delete`; ``None`` where it is gone and no more is to be said."""
        return super().delete(remote_id, context)

    def gone(self, error: Exception) -> bool:
        """Whether ``error`` says that what was to be removed is not there."""
        return False

    def connect(self, context: ChannelContext) -> Account:
        client = None
        try:
            client = self.client(context)
            return self.account(client, context)
        except ConnectError:
            raise
        except Exception as error:
            blame = self.blame(context)
            outcome = self.outcome(error, context, client)
            fields = {"token": blame.token, "server": blame.server, "refused": blame.refused}
            raise refusal(error, outcome, self.name, **fields, secrets=context.secrets.values()) from error

    def prepare(self, part: Part, context: ChannelContext) -> Handles | Pending | Outcome:
        prepared = self._ask(context, lambda client: self.upload(client, part, context))
        return prepared if isinstance(prepared, Handles | Pending) else invisible(prepared)

    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        alone = orphan(part)
        if alone is not None:
            return alone
        return self._ask(context, lambda client: self.post(client, part, handles, context))

    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        try:
            client = self.client(context)
        except Exception as error:
            return unread(self.outcome(error, context))
        try:
            return self.look(client, part, handles, since - SKEW, context)
        except Exception as error:
            return unread(self.outcome(error, context, client))

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        def remove(client: Client) -> Outcome:
            try:
                return self.remove(client, remote_id, context) or Published(remote_id, detail="deleted")
            except Exception as error:
                if self.gone(error):
                    return Published(remote_id, detail="was already gone")
                raise

        return self._ask(context, remove)

    def _learn(self, context: ChannelContext, call: Callable[[Client], Result]) -> Result | CannotTell:
        """What ``call`` returns, which changes nothing, or that the platform could not be asked."""
        client = None
        try:
            client = self.client(context)
            return call(client)
        except Exception as error:
            return unread(self.outcome(error, context, client))

    def _ask(self, context: ChannelContext, call: Callable[[Client], Result]) -> Result | Outcome:
        """What ``call`` returns, or what it means that it could not. Without a client nothing was sent."""
        try:
            client = self.client(context)
        except Exception as error:
            return invisible(self.outcome(error, context))
        try:
            return call(client)
        except Exception as error:
            return self.outcome(error, context, client)
