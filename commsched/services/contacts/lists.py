"""The people of a list channel, one row each. What the list says is read here and written here only.

A list of an earlier version is one secret of its channel. It is turned into rows at start (:func:`take_over_all`) or
when it is first needed (:func:`take_over`), in one transaction a list: until that is committed the secret counts, and
after it there is none.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterable, Set
from typing import Final

import msgspec
from sqlalchemy import Connection, CursorResult, Result, Row, Select, delete, func, insert, or_, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from commsched.core.contacts import names
from commsched.core.contacts.facts import ContactIn
from commsched.core.content.model import addresses_digest
from commsched.core.text.messages import OfficeError
from commsched.core.text.recipients import Entry, entries
from commsched.services.contacts.consent import Grounds
from commsched.services.contacts.contacts import SealedContact, ensure, refused
from commsched.services.contacts.contacts import seal as seal_contact
from commsched.services.contacts.suppression import PRESS
from commsched.services.kernel.context import Installation
from commsched.store.models import Base, Channel, ListRecipient
from commsched.store.session import EVERY_WORKSPACE

log = logging.getLogger("commsched.channels")

LIST: Final = "addresses"
"""The setting that holds a list of people; it is read nowhere but on its own page."""
GONE: Final = ("unsubscribed", "bounced", "removed")
"""States of those to whom nothing is sent, however often the list is pasted anew. A person sets them: an address that
the relay refuses is told with its mailing and stays on the list."""
SUBSCRIBED: Final = "subscribed"
"""The source of a place on a list that its person asked for: no rule of the office's takes it away."""
_table: Final = Base.metadata.tables[ListRecipient.__tablename__]
_channel: Final = Base.metadata.tables[Channel.__tablename__]
_KNOWN: Final = (_table.c.blind, _table.c.state, _table.c.since, _table.c.source)
_KEPT: Final = select(_channel.c.id, _channel.c.workspace_id, _channel.c.secrets, _channel.c.list_digest)
_Kept = Row[int, int, str, str]
Rows = Session | Connection
"""What a statement can be given to, within the caller's transaction."""


class SealedList(msgspec.Struct, frozen=True):
    """A list ready to be kept. Making it takes time in proportion to its length, so it is made before a transaction."""

    digest: str
    rows: list[dict[str, object]]
    people: dict[str, SealedContact]
    """Whom it names, by their blind index."""


def lines_of(text: str) -> tuple[str, ...]:
    """A list line by line, for the platform to read (:mod:`commsched.core.text.recipients`): empty lines stay in their
    places, so that a complaint names the line that its writer sees."""
    return tuple(line.strip() for line in text.splitlines()) if text.strip() else ()


def seal(installation: Installation, text: str) -> SealedList:
    """The list in ``text``, encrypted, each address once. A line that names nobody is kept, so that nothing of what
    was written is lost."""
    rows: dict[str, dict[str, object]] = {}
    people: dict[str, SealedContact] = {}
    pieces = entries(text)
    heading = next((entry for entry in pieces if entry.heading), None)
    for number, entry in enumerate(pieces):
        named = installation.vault.blind(entry.address or f"line {number}: {entry.text}")
        if named in rows:
            continue
        rows[named] = _row(installation, entry, named)
        if entry.address:
            people[named] = person(installation, entry, heading, str(rows[named]["address"]))
    lines = lines_of(text)
    return SealedList(addresses_digest(list(lines)) if lines else "", list(rows.values()), people)


def person(installation: Installation, entry: Entry, heading: Entry | None, sealed: str) -> SealedContact:
    """Who the line ``entry`` names, with their name and newspaper where they can be read; ``sealed`` is their address,
    encrypted."""
    name, outlet = names.read(entry, heading)
    return seal_contact(installation, ContactIn(entry.address, name, outlet), sealed)


def _row(installation: Installation, entry: Entry, blind: str) -> dict[str, object]:
    vault = installation.vault
    return {
        "position": entry.line,
        "blind": blind,
        "address": vault.seal(entry.address) if entry.address else "",
        "entry": vault.seal(entry.text) if entry.text != entry.address else "",
        "state": "active" if entry.address else "heading" if entry.heading else "unread",
    }


def keep(
    installation: Installation,
    rows: Rows,
    channel: int,
    workspace: int,
    sealed: SealedList,
    source: str,
    grounds: Grounds = Grounds(),
) -> str:
    """Make ``sealed`` the list of ``channel``; returns its digest. ``grounds`` are why those who are new to the office
    may be written to. Who was on it before keeps the day and the place
    they came from. Who wants no more mail stays without, and so does whoever the office never writes to."""
    mine = _table.c.channel_id == channel
    stood = _locked(rows, channel).list_digest
    before = {row.blind: row for row in rows.execute(select(*_KNOWN).where(mine))}
    away = {blind for blind, row in before.items() if row.state in GONE}
    away |= refused(rows, workspace, PRESS, sealed.people).keys()
    people = {blind: contact for blind, contact in sealed.people.items() if blind not in away}
    numbers = ensure(installation, rows, workspace, PRESS, people, source, grounds=grounds)
    rows.execute(delete(_table).where(mine, _table.c.state.not_in(GONE)))
    fresh = {"since": installation.now(), "source": source, "channel_id": channel, "workspace_id": workspace}
    new = []
    for row in sealed.rows:
        blind = str(row["blind"])
        if blind not in away:
            known = before.get(blind)
            stays = {} if known is None else {"since": known.since, "source": known.source}
            new.append(row | fresh | stays | {"contact_id": numbers.get(blind)})
    if new:
        rows.execute(insert(_table), new)
    was = {blind for blind, row in before.items() if row.state == "active"}
    digest = _digest_of(stood, sealed.digest, people.keys() - was, bool(new))
    rows.execute(update(_channel).where(_channel.c.id == channel).values(list_digest=digest))
    return digest


def _digest_of(stood: str, pasted: str, added: Set[str], anybody: bool) -> str:
    """What an approval covers of a list that was pasted anew. It stays where nobody is added: that fewer are written to
    needs no new approval. It is another whenever somebody is, also where the words are those of an earlier day."""
    if stood and anybody and not added:
        return stood
    return joined(stood, added) if pasted == stood and added else pasted


def joined(stood: str, added: Iterable[str]) -> str:
    """The digest of a list after ``added`` (blind indexes) came to it: another one, whoever was on it before."""
    return hashlib.sha256("\n".join(["joined", stood, *sorted(added)]).encode()).hexdigest()


def text_of(installation: Installation, rows: Rows, channel: Channel) -> str:
    """The list as it is shown to be changed, in its writer's own lines. Decrypts everybody."""
    kept = _secret(installation, channel.secrets)
    if kept is not None:
        return kept
    lines: dict[int, list[str]] = {}
    for row in rows.execute(_shown(channel.id)):
        lines.setdefault(row.position, []).append(installation.vault.unseal(row.entry or row.address))
    return "\n".join(", ".join(lines.get(number, ())) for number in range(1, max(lines, default=0) + 1))


def lines(installation: Installation, rows: Rows, channel: Channel) -> tuple[str, ...]:
    """The lines of a list channel, decrypted; none for other channels."""
    return lines_of(text_of(installation, rows, channel))


def _shown(channel: int) -> Select[int, str, str]:
    shown = select(_table.c.position, _table.c.address, _table.c.entry)
    return shown.where(_table.c.channel_id == channel, _table.c.state.not_in(GONE)).order_by(
        _table.c.position, _table.c.id
    )


def locked_digest(rows: Rows, channel: int) -> str:
    """What the list is, and stays until the caller's transaction ends."""
    return str(_locked(rows, channel).list_digest)


def digest(installation: Installation, channel: Channel) -> str:
    """What an approval covers of the list: who gets it. Empty for a channel that has none."""
    kept = _secret(installation, channel.secrets)
    if kept is None:
        return channel.list_digest
    return addresses_digest(list(lines_of(kept))) if kept.strip() else ""


def sample(installation: Installation, rows: Rows, channel: Channel) -> tuple[str, ...]:
    """Lines that say of a list what the whole of it would say to a platform that checks it: one recipient, if there is
    any, and whatever names nobody, each on its own line. Its cost does not grow with the list."""
    kept = _secret(installation, channel.secrets)
    if kept is not None:
        return lines_of(kept)
    if not channel.list_digest:
        return ()
    active = (_table.c.channel_id == channel.id, _table.c.state == "active")
    first = select(_table.c.id).where(*active).order_by(_table.c.position, _table.c.id).limit(1).scalar_subquery()
    unread = (_table.c.channel_id == channel.id) & (_table.c.state == "unread")
    shown = select(_table.c.position, _table.c.address, _table.c.entry).where(or_(_table.c.id == first, unread))
    nobody: dict[int, list[str]] = {}
    somebody: dict[int, str] = {}
    for row in rows.execute(shown.order_by(_table.c.position, _table.c.id)):
        if row.address:
            somebody[row.position] = installation.vault.unseal(row.address)
        else:
            nobody.setdefault(row.position, []).append(installation.vault.unseal(row.entry))
    lines = somebody | {number: "; ".join(words) for number, words in nobody.items()}
    apart = [address for number, address in somebody.items() if number in nobody]
    return (*(lines.get(number, "") for number in range(1, max(lines, default=0) + 1)), *apart)


def count(installation: Installation, rows: Rows, channel: Channel) -> int:
    """How many people the list writes to."""
    kept = _secret(installation, channel.secrets)
    if kept is not None:
        return len({entry.address.casefold() for entry in entries(kept) if entry.address})
    active = (_table.c.channel_id == channel.id, _table.c.state == "active")
    return int(rows.execute(select(func.count()).select_from(_table).where(*active)).scalar() or 0)


def gone(rows: Rows, channel: int) -> dict[str, str]:
    """Who has left the list, by blind index, and how."""
    left = select(_table.c.blind, _table.c.state).where(_table.c.channel_id == channel, _table.c.state.in_(GONE))
    return {row.blind: row.state for row in rows.execute(left)}


def contacts_on(rows: Rows, channel: int) -> list[int]:
    """The contacts that the list writes to."""
    active = (_table.c.channel_id == channel, _table.c.state == "active", _table.c.contact_id.is_not(None))
    return [row[0] for row in rows.execute(select(_table.c.contact_id).where(*active))]


def forget(installation: Installation, rows: Rows, channel: int, address: str) -> bool:
    """Take one person off a list, whatever their state, and keep nothing of them; returns whether they were on it.

    What is approved goes on without them, since nobody must approve that fewer are written to. A list that is pasted
    with them again has them again: only who is *unsubscribed* stays away.
    """
    whom = (_table.c.channel_id == channel, _table.c.blind == installation.vault.blind(address))
    return _met(rows.execute(delete(_table).where(*whom)))


def leave(
    installation: Installation, rows: Rows, channel: int, address: str, state: str, source: str = "person"
) -> bool:
    """Write nothing more to one person; ``state`` (of :data:`GONE`) says why, ``source`` who said so. Their address is
    not kept, only what knows it again when it is pasted anew. Returns whether they were on the list."""
    whom = (_table.c.channel_id == channel, _table.c.blind == installation.vault.blind(address))
    gone = {"state": state, "since": installation.now(), "source": source, "address": "", "entry": ""}
    return _met(rows.execute(update(_table).where(*whom).values(**gone)))


def refuse(installation: Installation, rows: Rows, channel: int, workspace: int, blind: str, source: str) -> bool:
    """Have the person with the index ``blind`` unsubscribed on a list, also where it does not name them any more: a
    list that is pasted anew with them finds that they have left. Returns whether that is new."""
    whom = (_table.c.channel_id == channel, _table.c.blind == blind)
    gone = {"state": "unsubscribed", "since": installation.now(), "source": source, "address": "", "entry": ""}
    _locked(rows, channel)
    standing = rows.execute(select(_table.c.state).where(*whom)).scalar()
    if standing is None:
        row = {"channel_id": channel, "workspace_id": workspace, "blind": blind, "position": 0}
        rows.execute(insert(_table).values(**row, **gone))
    elif standing != "unsubscribed":
        rows.execute(update(_table).where(*whom).values(**gone))
    return standing != "unsubscribed"


def has_left(rows: Rows, channel: int, blind: str) -> bool:
    """Whether the person with the index ``blind`` has unsubscribed from a list."""
    whom = (_table.c.channel_id == channel, _table.c.blind == blind, _table.c.state == "unsubscribed")
    return rows.execute(select(_table.c.id).where(*whom)).first() is not None


def welcome(
    installation: Installation, rows: Rows, channel: int, workspace: int, blind: str, **known: int | str
) -> bool:
    """Put somebody on a list who asked for it and has answered the mail; ``known`` are their ``contact_id``, and the
    sealed ``address`` and ``entry``. Returns whether they were not on it.

    The digest stays: an approval is of whom the office wrote down, and who subscribes by themselves voids none. They
    are in no part that is frozen already, so the next approval is the first that writes to them.
    """
    whom = (_table.c.channel_id == channel, _table.c.blind == blind)
    _locked(rows, channel)
    standing = rows.execute(select(_table.c.state).where(*whom)).scalar()
    if standing == "active":
        rows.execute(update(_table).where(*whom).values(source=SUBSCRIBED))
        return False
    last = rows.execute(select(func.max(_table.c.position)).where(_table.c.channel_id == channel)).scalar() or 0
    came = {"state": "active", "since": installation.now(), "source": SUBSCRIBED, "position": last + 1, **known}
    if standing is None:
        rows.execute(insert(_table).values(channel_id=channel, workspace_id=workspace, blind=blind, **came))
    else:
        rows.execute(update(_table).where(*whom).values(**came))
    return True


def _met(result: Result[*tuple[object, ...]]) -> bool:
    assert isinstance(result, CursorResult)
    return result.rowcount > 0


def clear(rows: Rows, channel: int) -> None:
    """Forget everybody on a list."""
    rows.execute(delete(_table).where(_table.c.channel_id == channel))
    rows.execute(update(_channel).where(_channel.c.id == channel).values(list_digest=""))


# -- lists of an earlier version -------------------------------------------------------------------


def _secret(installation: Installation, secrets: str) -> str | None:
    """A list that is one secret still. Raises :class:`~commsched.store.vault.KeyMismatch`."""
    return installation.vault.unseal_map(secrets).get(LIST) if secrets else None


def take_over(installation: Installation, rows: Rows, channel: int) -> tuple[str, str]:
    """Turn a list that is one secret into rows, within the caller's transaction; one that is rows already stays as it
    is. Returns the channel's secrets that are left, sealed, and the list's digest."""
    row = _locked(rows, channel)
    text = _secret(installation, row.secrets)
    if text is None:
        return row.secrets, row.list_digest
    return _take_over(installation, rows, row, seal(installation, text))


def _locked(rows: Rows, channel: int) -> _Kept:
    return rows.execute(_KEPT.where(_channel.c.id == channel).with_for_update(key_share=True)).one()


def _take_over(installation: Installation, rows: Rows, channel: _Kept, sealed: SealedList) -> tuple[str, str]:
    left = installation.vault.unseal_map(channel.secrets)
    left.pop(LIST, None)
    digest = keep(installation, rows, channel.id, channel.workspace_id, sealed, "migrated")
    secrets = installation.vault.seal_map(left)
    rows.execute(update(_channel).where(_channel.c.id == channel.id).values(secrets=secrets))
    return secrets, digest


def take_over_all(installation: Installation, platform: str) -> int:
    """Turn every list of an earlier version on ``platform`` into rows, each in a transaction of its own; returns how
    many. Whatever stands in the way of one is logged, without a word of what is in it: it is tried again later, and
    counts as it is until then."""
    wanted = _KEPT.where(_channel.c.platform == platform, _channel.c.secrets != "")
    with installation.store.read(EVERY_WORKSPACE) as session:
        old = session.connection().execute(wanted).all()
    return sum(_try_to_take_over(installation, channel) for channel in old)


def _try_to_take_over(installation: Installation, channel: _Kept) -> bool:
    try:
        text = _secret(installation, channel.secrets)
        if text is None:
            return False
        sealed = seal(installation, text)
        with installation.store.write(channel.workspace_id) as session:
            row = _locked(session, channel.id)
            if row.secrets != channel.secrets:
                return False  # somebody else was there before, or has changed it meanwhile
            _take_over(installation, session, row, sealed)
    except (OfficeError, SQLAlchemyError) as error:
        log.warning("the list of channel %s is still one secret: %s", channel.id, type(error).__name__)
        return False
    return True
