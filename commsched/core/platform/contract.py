"""The contract that every platform keeps, and what it is handed.

An adapter receives its HTTP session, base URL, clock and timeouts in a :class:`ChannelContext`; it never sleeps, never
retries and never reads the environment. ``services`` decides; adapters say what happened.

Parts, mail and limits have modules of their own in this room; a platform's module imports them from here all the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Literal, TypeAlias

import msgspec

from commsched.core.content.model import Kind
from commsched.core.delivery.outcome import CannotTell, Finding, Handles, Outcome, Pending, Rejected, Retry
from commsched.core.media.crops import Crop
from commsched.core.platform.access import Authorization as Authorization
from commsched.core.platform.access import Handshake, Tokens
from commsched.core.platform.budget import Budget as Budget
from commsched.core.platform.email import Email as Email
from commsched.core.platform.email import InlineImage, Letterhead
from commsched.core.platform.email import Mailer as Mailer
from commsched.core.platform.email import Signer as Signer
from commsched.core.platform.figures import Figures, Publication, Reply, Seen
from commsched.core.platform.http import HttpClient
from commsched.core.platform.limits import Limits as Limits
from commsched.core.platform.parts import AttachmentFile as AttachmentFile
from commsched.core.platform.parts import ChannelView as ChannelView
from commsched.core.platform.parts import Part as Part
from commsched.core.platform.parts import Progress as Progress
from commsched.core.platform.parts import Role as Role
from commsched.core.platform.settings import WAITS_FOR_EMBARGO as WAITS_FOR_EMBARGO
from commsched.core.platform.settings import YES, Way
from commsched.core.platform.settings import Option as Option
from commsched.core.platform.settings import Setting as Setting
from commsched.core.text.messages import N_, OfficeError, Problem

Capability = Literal["refresh", "edit", "delete", "metrics", "replies", "hide", "report", "recent"]
"""What a platform may be able to do beside publishing."""
Facts: TypeAlias = Mapping[str, object]
"""What a server said of itself when the channel was connected; a platform reads in it what it has written there."""


class ConnectError(OfficeError):
    """A channel could not be connected; the sentence says what to do, ``field`` which setting it concerns."""

    status, code = 422, "connect"


class DeadToken(ConnectError):
    """The platform itself said that the token is not accepted, or may not publish (any more)."""


class Account(msgspec.Struct, frozen=True):
    """Who a channel speaks as, from the harmless call made when it is connected."""

    id: str
    name: str
    url: str = ""
    expires_at: datetime | None = None
    facts: dict[str, object] = msgspec.field(default_factory=dict)
    """What the server said of its limits, saved with the channel and handed back in ``ChannelContext.facts``."""
    tokens: Tokens | None = None
    """The access that an authorization brought, to be kept with the channel."""
    settings: dict[str, str] = msgspec.field(default_factory=dict)
    """What an authorization found out of the channel's plain settings, such as a page's id; kept with the others."""
    picture: str = ""
    """The address of the account's own picture, shown as proof that it is the right one."""
    kind: str = ""
    """What it is, where an authorization opens several kinds (a page, a personal profile): a msgid, shown beside its
    name to whoever chooses."""
    platform: str = ""
    """The key of the platform that it is connected on, where that is another than the one that was asked: a page's
    Instagram account."""


class ChannelContext(msgspec.Struct):
    """Everything an adapter may touch, for one channel."""

    channel: int
    settings: dict[str, str]
    secrets: dict[str, str]
    now: Callable[[], datetime]
    http: HttpClient
    """A ``requests.Session`` with timeouts, address guard and redaction built in (see
    ``services.kernel.channel_context``)."""
    timeout: float = 20.0
    facts: Facts = msgspec.field(default_factory=dict)
    account: str = ""
    account_name: str = ""
    mailer: Mailer | None = None
    public_url: str = ""
    """Where this office's own public pages are, without a trailing slash."""
    workspace: str = ""
    office_name: str = ""
    """What the office is called: in places of its own it is seen under this name."""
    language: str = "sv"
    zone: str = "UTC"
    """By whose clocks the office tells the time."""
    home: str = ""
    handshake: Handshake | None = None
    """While somebody authorizes: what the answer must fit."""
    app: dict[str, str] = msgspec.field(default_factory=dict)
    """What the network knows this installation by: the values of ``Platform.app``, entered once by whoever runs it."""
    media_address: Callable[[AttachmentFile], str] = lambda file: ""
    """A public address from which a network fetches a file, signed and for a limited time, for networks that take no
    uploads. Empty where this installation has no address that is reached from outside."""
    letterhead: Callable[[], Letterhead] = Letterhead
    """What the office's mails look like. It is read when it is asked for: once for each mailing, not for each mail."""
    mail_picture: Callable[[AttachmentFile], InlineImage | None] = lambda file: None
    """A picture so light that it can go with a mail; ``None`` where it cannot be made."""
    return_address: Callable[[str, int], str] = lambda sender, part: ""
    """Where the bounces of a part (its id) go, for mail from a sender: an address that tells which it is."""
    signer: Callable[[str], Signer | None] = lambda domain: None
    """What the office's mail from a domain is signed with; nothing where it has no key for it."""
    client_key: Callable[[], bytes] = lambda: b""
    """32 secret bytes, always the same, of which a platform makes the key that this installation proves itself by."""


class Platform(ABC):
    """One module each under ``commsched/platforms``, found by file name, or an entry point of another package in the
    group ``commsched.platforms``. Imported when first used."""

    key: ClassVar[str]
    name: ClassVar[str]
    about: ClassVar[str] = ""
    """One sentence for whoever chooses what to connect."""
    icon: ClassVar[str] = ""
    """The name of its mark in ``web/static/brands``, a lucide name with the prefix ``lucide:``, or a drawing of its
    own: the path of an SVG on 24 × 24 with the prefix ``path:``."""
    called: ClassVar[str] = ""
    """What a channel here is called where nobody named it, in the office's own places; else by its account."""
    settings: ClassVar[tuple[Setting, ...]] = ()
    options: ClassVar[tuple[Option, ...]] = ()
    kinds: ClassVar[tuple[Kind, ...]] = ("post", "release")
    by_itself: ClassVar[tuple[Kind, ...]] = ("post",)
    """The kinds that go here when somebody writes their first one and has not chosen yet."""
    own: ClassVar[bool] = False
    """True for the office's own places, which know no account but the office itself."""
    many_servers: ClassVar[bool] = False
    """True where accounts live on many servers, each of which counts its own: an account is its id *and* its server."""
    resend_if_absent: ClassVar[bool] = False
    """Whether "read back and not there" may send again by itself. Off where absence is hard to prove."""
    independent_parts: ClassVar[bool] = False
    """True for recipients of e-mail: one that fails does not stop the next."""
    needs_mail: ClassVar[bool] = False
    """True where it goes out as e-mail: without a mail server it reaches nobody, and is held."""
    by_person: ClassVar[bool] = False
    """True where a person publishes and says so: what is prepared is a task of theirs, ``Pending`` until then."""
    fetches_files: ClassVar[bool] = False
    """True where it takes no uploads but fetches files itself, from ``ChannelContext.media_address``: nothing with a
    file can go out from an installation that is not reached from outside."""
    instant: ClassVar[bool] = False
    """True where publishing touches no network or disk, so that it needs no thread of its own."""
    settle: ClassVar[float] = 5.0
    """Seconds after a lost answer before reading back can be believed (assumptions A1 and A2)."""
    connects: ClassVar[frozenset[Way]] = frozenset({"keys"})
    """The ways in which a channel gets its access. With ``oauth`` the platform has ``authorize`` and ``callback``."""
    app: ClassVar[tuple[Setting, ...]] = ()
    """What the network knows this installation by (an app's id and secret), where it must be registered by hand."""
    app_guide: ClassVar[tuple[str, ...]] = ()
    """How whoever runs the installation registers it there: one msgid for each step."""
    app_page: ClassVar[str] = ""
    """The address at which that begins."""
    guide: ClassVar[Mapping[Way, tuple[str, ...]]] = {}
    """What a person does to connect a channel, by the way they choose: one msgid for each step, in order."""
    can: ClassVar[frozenset[Capability]] = frozenset()
    """Which of the optional calls the platform has; the others are never made."""
    lanes: ClassVar[int] = 1
    """How many calls may be open at once on one channel, at most."""
    group: ClassVar[int] = 1
    """How many recipients one call of ``publish_all`` may be for, at most, where parts are independent."""
    charges: ClassVar[bool] = False
    """Whether the network charges for each post, so that ``price`` and ``ceiling`` are asked."""
    daily: ClassVar[int | None] = None
    """How many items the network takes of one account within 24 hours, where that is known beforehand."""
    under_embargo: ClassVar[bool] = False
    """Whether its channels may carry what is under embargo, told so first of all. False for whatever is public."""
    shape: ClassVar[Crop] = ""
    """The shape that a picture shows best in here. A card of the studio that is kept in it goes out in it."""
    threads: ClassVar[bool] = False
    """Whether a line ``---`` divides a text into several posts here, each answering the one before."""
    link_card: ClassVar[Literal["", "network", "given"]] = ""
    """Whether a link is shown as a card: fetched by the network itself, or ``given`` with the post as
    ``view.content.card`` and ``view.card_picture``, which are approved with it (see ``_shared.checks.card_of``)."""
    mentions: ClassVar[str] = ""
    """Which handle of the mention book stands in its texts (``x``, ``mastodon``, ``bluesky`` …); else the name does."""
    answers_mention: ClassVar[bool] = False
    """Whether an answer to a comment tells its writer only where its words mention them: ``Reply.handle`` is then put
    before the words, and is approved with them."""
    own_page: ClassVar[Literal["", "room", "wall"]] = ""
    """Whether what is published shows on a page of ours, which we can change and take down: the office's one
    newsroom, or a wall for each channel."""

    def lanes_on(self, settings: Mapping[str, object]) -> int:
        """How many calls may be open at once on a channel with these settings: from 1 to ``lanes``."""
        return self.lanes

    @abstractmethod
    def connect(self, context: ChannelContext) -> Account:
        """A harmless call that proves the access and names the account. Raises :class:`ConnectError`.

        It is also made once a day, whichever way the access was given.
        """

    def provider(self, settings: Mapping[str, str]) -> str:
        """Where ``authorize`` sends a person with these settings, as ``https://host``; empty where nobody knows yet."""
        return ""

    def refuses_sign_in(self, public_url: str) -> str:
        """Why nobody can sign in from an installation at ``public_url``: a msgid, empty where they can."""
        return ""

    def client_document(self, context: ChannelContext) -> dict[str, object] | None:
        """What stands at ``access.client_address``, for networks that register no apps but read there what an
        installation is; ``context.handshake`` has the address to come back to. Public. ``None``: nothing."""
        return None

    def authorize(self, context: ChannelContext) -> Authorization:
        """The address at the platform where a person says yes. Raises :class:`ConnectError`.

        ``context.handshake`` has the state, the code verifier and the address to come back to.
        """
        raise TypeError(f"{self.key} is connected with keys")

    def callback(self, context: ChannelContext, answer: Mapping[str, str]) -> list[Account]:
        """Trade what the platform sent the person back with for an access: the accounts that it opens, each with its
        own ``tokens``. Of several (a person's pages) the person chooses.

        The state has been compared already. Raises :class:`ConnectError`, also where the person said no or the access
        opens nothing that may be published on.
        """
        raise TypeError(f"{self.key} is connected with keys")

    def refresh(self, context: ChannelContext) -> Tokens:
        """A new access for the old one, where ``can`` has ``refresh``. Raises :class:`DeadToken` where the platform
        says that there is none to be had, :class:`ConnectError` where it could not be asked.

        Nobody else refreshes the same channel meanwhile, and what it returns is saved before it is used.
        """
        raise TypeError(f"{self.key} has nothing to refresh")

    def renews(self, secrets: Mapping[str, str]) -> bool:
        """Whether a channel with these secrets has an access that :meth:`refresh` can be asked about: where ``can`` has
        ``refresh``, keys that were pasted may have none."""
        return "refresh" in self.can

    @abstractmethod
    def limits(self, facts: Facts) -> Limits:
        """What the channel takes; ``facts`` are the ones ``connect`` returned."""

    def seen_as(self, settings: Mapping[str, object], account_name: str, office_name: str) -> str:
        """Who readers see as the sender: the account, or in the office's own places the office itself.

        The previews and what goes out both ask here, so that they cannot differ.
        """
        return office_name if self.own else account_name

    def count(self, text: str, facts: Facts) -> int:
        """The length of ``text`` as this platform counts it."""
        return len(text)

    def room(self, view: ChannelView, facts: Facts) -> int | None:
        """How long one post may be by :meth:`count`, beside what the writer's choices take of it. ``None``: any."""
        return self.limits(facts).characters

    def shown(self, text: str) -> str:
        """What readers see of the words of a part: a network may shorten its links."""
        return text

    def carries_embargo(self, settings: Mapping[str, object]) -> bool:
        """Whether a channel with these settings may get something before its embargo ends. A platform that has
        ``under_embargo`` also has :data:`WAITS_FOR_EMBARGO` among its settings, by which a person says no."""
        return self.under_embargo and str(settings.get(WAITS_FOR_EMBARGO.key, "")).lower() not in YES

    def subject(self, view: ChannelView, context: ChannelContext) -> str:
        """What stands above the words where they come as a mail: the headline."""
        return view.content.title

    def foot(self, view: ChannelView, context: ChannelContext) -> list[str]:
        """Lines that stand below what was written, as its readers get them: an address, how to leave a list."""
        return []

    def as_set(self, facts: Facts, settings: Mapping[str, object]) -> Facts:
        """``facts`` with what of the channel's settings matters to :meth:`check`."""
        return facts

    @abstractmethod
    def check(self, view: ChannelView, facts: Facts) -> list[Problem]:
        """Problems in words; the same answer for composer, API, import and publisher."""

    def parts(self, view: ChannelView) -> list[Part]:
        """The calls it takes to say ``view``, in order. One, unless the platform has threads or recipients."""
        return [
            Part(
                number=0,
                role="post",
                text=view.text,
                view=view,
                pictures=view.pictures,
                other_files=view.other_files,
            )
        ]

    def addressed(self, view: ChannelView, address: str) -> Part:
        """Of a platform with recipients: what ``view`` is for the one whose address is ``address``."""
        (part,) = self.parts(msgspec.structs.replace(view, recipients=(address,)))
        return part

    def needs_prepare(self, part: Part) -> bool:
        """Whether ``prepare`` has anything to do for this part."""
        return bool(part.pictures or part.other_files)

    def prepare(self, part: Part, context: ChannelContext) -> Handles | Pending | Outcome:
        """What is invisible and may be repeated: upload media in pieces, create a container.

        After every piece ``part.progress.save`` keeps what there is, and a later try finds it in
        ``part.progress.handles``. Where the platform is still working, :class:`Pending` says when to look again.
        """
        return Handles()

    @abstractmethod
    def publish(self, part: Part, handles: Handles, context: ChannelContext) -> Outcome:
        """The one call that makes it visible. Raises nothing for what a network can do."""

    def publish_all(
        self, parts: Sequence[Part], context: ChannelContext, halt: Callable[[], bool]
    ) -> Iterator[Outcome | None]:
        """Hand over several recipients' parts, in order; for each what it came to, as soon as that is known. ``None``
        where nothing of it was sent: ``halt`` said so, or the answer to one before concerns the whole channel."""
        stopped = False
        for part in parts:
            outcome = None if stopped or halt() else self.publish(part, Handles(), context)
            stopped = outcome is None or (isinstance(outcome, Retry) and outcome.whole_channel)
            yield outcome

    @abstractmethod
    def find(self, part: Part, handles: Handles, since: datetime, context: ChannelContext) -> Finding:
        """Read back whether ``part`` went out at or after ``since`` (UTC)."""

    resend_within: ClassVar[timedelta | None] = None
    """How long after the lost call absence may send again: as long as the platform keeps what makes a repeat harmless.
    ``None`` is for ever."""

    def resends(self, facts: Facts) -> bool:
        """Whether "read back and not there" may send again by itself, on the server that ``facts`` tell of."""
        return self.resend_if_absent

    def edit(self, part: Part, remote_id: str, context: ChannelContext) -> Outcome:
        """Put ``part`` in the place of what was published as ``remote_id``; where ``can`` has ``edit``."""
        return Rejected(N_("what is published there cannot be changed"), "permission")

    def delete(self, remote_id: str, context: ChannelContext) -> Outcome:
        """Take it down, where ``can`` has ``delete``. ``Published`` here means: it is gone."""
        return Rejected(N_("what is published there cannot be taken down"), "permission")

    def metrics(self, remote_ids: Sequence[str], context: ChannelContext) -> dict[str, Figures] | CannotTell:
        """Figures by the id of what was published, where ``can`` has ``metrics``. One that is gone is left out."""
        return CannotTell(final=True)

    def replies(self, remote_ids: Sequence[str], since: datetime, context: ChannelContext) -> list[Reply] | CannotTell:
        """What others wrote under our publications ``remote_ids`` at or after ``since`` (UTC), oldest first; where
        ``can`` has ``replies``. One is answered by a part whose ``parent`` is its id."""
        return CannotTell(final=True)

    def hide(self, reply: Reply, hidden: bool, context: ChannelContext) -> Outcome:
        """Hide what somebody wrote under ours, or show it again; where ``can`` has ``hide``. ``Published`` means: done,
        also where it was so already."""
        return Rejected(N_("what others write there cannot be hidden"), "permission")

    def report(self, reply: Reply, reason: str, context: ChannelContext) -> Outcome:
        """Report it to whoever runs the network, where ``can`` has ``report``. ``Published`` means: reported."""
        return Rejected(N_("what others write there cannot be reported from here"), "permission")

    def recent(self, since: datetime, context: ChannelContext) -> list[Publication] | CannotTell:
        """What the account itself has published at or after ``since`` (UTC), oldest first, by whatever way; where
        ``can`` has ``recent``."""
        return CannotTell(final=True)

    def seen(self, remote_id: str, context: ChannelContext) -> Seen | CannotTell:
        """What stands there as ``remote_id``, read back for a proof. A platform that does not say cannot tell."""
        return CannotTell(final=True)

    def budgets(self, headers: Mapping[str, str], now: datetime) -> list[Budget]:
        """What the headers of an answer say of how much may still be asked for. Asks nobody; empty where they are
        silent."""
        return []

    def shown_account(self, account: str, account_name: str) -> str:
        """The account as it stands in a list of channels; empty where the channel's address says more."""
        return "" if self.own else account_name

    def price(self, part: Part) -> int:
        """What the platform charges for this one call and what prepares it, in thousandths of a US dollar."""
        return 0

    def ceiling(self, settings: Mapping[str, object]) -> int | None:
        """How much a channel with these settings may cost in a month, in thousandths of a US dollar: what would cost
        more is held. ``None``: there is no ceiling."""
        return None

    def cost(self, view: ChannelView) -> float:
        """What the platform charges for it, in US dollars."""
        return 0.0
