"""Connecting channels: checked at once by a harmless call, secrets encrypted, access that dies warned about."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from commsched.core.platform.contract import Account, Platform
from commsched.core.platform.settings import Way
from commsched.core.text.catalogues import translate
from commsched.core.text.messages import N_, Conflict, Invalid
from commsched.services.accounts.people import check_name
from commsched.services.channels import portraits
from commsched.services.channels.asking import asking
from commsched.services.channels.directory import find, get, plain_settings
from commsched.services.channels.entered import MOST_LIST as MOST_LIST
from commsched.services.channels.entered import Entries, asked, named, way_of, with_account
from commsched.services.channels.entered import longest as longest
from commsched.services.channels.entered import read_settings as read_settings
from commsched.services.channels.entered import refuse_operators as refuse_operators
from commsched.services.channels.renewal import keep_dates
from commsched.services.contacts import lists, segments
from commsched.services.contacts.consent import Grounds
from commsched.services.contacts.lists import LIST
from commsched.services.contacts.suppression import PRESS
from commsched.services.kernel.audit_log import note
from commsched.services.kernel.channel_context import make_context
from commsched.services.kernel.context import Actor, Installation
from commsched.store import locks
from commsched.store.models import Channel, Workspace


def connect(
    installation: Installation,
    actor: Actor,
    platform_key: str,
    name: str,
    entered: Mapping[str, str],
    *,
    allow_private: bool = False,
    grounds: Grounds = Grounds(),
) -> Channel:
    """Connect an account: check it by a harmless call, then keep it. ``allow_private`` only from the command line;
    ``grounds`` are why the people of a list may be written to.

    Raises :class:`Invalid` by setting, ``ConnectError`` from the platform, :class:`Conflict` for an account that
    this workspace has already: connected twice, it would get every post twice.
    """
    actor.require("administer")
    platform = installation.platform(platform_key)
    if "keys" not in platform.connects:
        raise Invalid(
            N_("%(platform)s is connected in the browser, under Channels."), "platform", platform=platform.name
        )
    plain, secret = read_settings(platform, entered, "keys")
    refuse_operators(platform, actor, plain, {})
    if allow_private:
        plain["allow_private"] = "1"
    account = _ask(installation, actor, platform, plain, secret)
    return keep_new(installation, actor, platform, name, (plain, secret), account, "keys", grounds)


def keep_new(
    installation: Installation,
    actor: Actor,
    platform: Platform,
    name: str,
    entries: Entries,
    account: Account,
    way: Way,
    grounds: Grounds = Grounds(),
) -> Channel:
    """Keep a channel whose account has answered. Raises :class:`Conflict` for one that is here already."""
    plain, secret = with_account(platform, *entries, account)
    people = _sealed_list(installation, secret)
    with installation.store.write(actor.workspace) as session:
        locks.row(session, Workspace, actor.workspace)  # two channels that are connected at once know of each other
        name = check_name(name or _default_name(session, actor, platform, account), 120)
        refuse_twice(session, platform, account, name)
        channel = Channel(platform=platform.key, name=name, created_at=installation.now())
        session.add(channel)
        _keep(installation, channel, plain, secret, account, way)
        session.flush()
        _keep_list(installation, session, channel, people, grounds)
        note(
            session,
            installation,
            actor,
            "channel.connected",
            channel=channel.id,
            name=name,
            platform=platform.key,
            account=account.name[:200],
        )
    if platform.own and not platform.needs_mail:
        _know_own(installation, actor, channel, plain, secret)
    return get(installation, actor.workspace, channel.id)


def _sealed_list(installation: Installation, secret: dict[str, str]) -> lists.SealedList | None:
    """The list of people among ``secret``, taken out of it: it is kept as rows. ``None`` where there is none."""
    text = secret.pop(LIST, None)
    return None if text is None else lists.seal(installation, text)


def _keep_list(
    installation: Installation,
    session: Session,
    channel: Channel,
    people: lists.SealedList | None,
    grounds: Grounds,
) -> None:
    if people is not None:
        kept = lists.keep(installation, session, channel.id, channel.workspace_id, people, "pasted", grounds)
        channel.list_digest = kept
        on_list = lists.contacts_on(session, channel.id)
        segments.follow(installation, session, channel.workspace_id, PRESS, on_list)


def _default_name(session: Session, actor: Actor, platform: Platform, account: Account) -> str:
    """What a channel is called where nobody named it: the account's own name, or in the office's own places the
    word for them in the office's language, numbered if it is taken."""
    if not platform.called:
        return account.name or platform.name
    word = translate(platform.called, session.get_one(Workspace, actor.workspace).language)
    taken = {row.casefold() for row in session.scalars(select(Channel.name).where(Channel.state != "archived"))}
    numbered = (word if number == 1 else f"{word} {number}" for number in count(1))
    return next(name for name in numbered if name.casefold() not in taken)


def _know_own(
    installation: Installation, actor: Actor, channel: Channel, plain: dict[str, str], secret: dict[str, str]
) -> None:
    """A place of the office's own is known by the channel's number, which it has only now."""
    account = _ask(installation, actor, installation.platform(channel.platform), plain, secret, channel.id)
    with installation.store.write(actor.workspace) as session:
        _keep(installation, locks.row(session, Channel, channel.id), plain, secret, account, "keys")


def _ask(
    installation: Installation,
    actor: Actor,
    platform: Platform,
    plain: dict[str, str],
    secret: dict[str, str],
    channel: int = 0,
) -> Account:
    with installation.store.read(actor.workspace) as session:
        workspace = session.get_one(Workspace, actor.workspace)
    wire = make_context(
        installation,
        platform=platform.key,
        workspace=workspace.slug,
        channel=channel,
        settings=plain,
        secrets=secret,
        language=workspace.language,
        office_name=workspace.name,
    )
    with asking(actor, platform):
        account = platform.connect(wire)
        portraits.fetch(installation, [account.picture], int(actor.workspace))
        return account


def refuse_twice(session: Session, platform: Platform, account: Account, name: str, but: int = 0) -> None:
    others = session.scalars(select(Channel).where(Channel.state != "archived", Channel.id != but)).all()
    if any(other.name.casefold() == name.casefold() for other in others):
        raise Conflict(N_("There is already a channel called “%(name)s”."), "name", name=name)
    if not account.url:
        return
    for other in others:
        if other.platform == platform.key and is_same(platform, other, account):
            raise Conflict(
                N_("%(account)s is already connected, as “%(name)s”. Connected twice, it would get every post twice."),
                "",
                account=account.name,
                name=other.name,
            )


def is_same(platform: Platform, channel: Channel, account: Account) -> bool:
    """Whether ``account`` is the one that ``channel`` speaks as. Numbers mean something on their own server only."""
    if channel.account != account.id:
        return False
    return not platform.many_servers or _server(channel.account_url) == _server(account.url)


def _server(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").casefold()
    except ValueError:  # what a server calls its account's address may be none
        return url


def _keep(
    installation: Installation,
    channel: Channel,
    plain: dict[str, str],
    secret: dict[str, str],
    account: Account,
    way: Way,
) -> None:
    was = way_of(installation.platform(channel.platform), channel) if channel.way else way
    if account.tokens is not None:  # what keys have opened is used, and not opened anew for every call
        secret = account.tokens.merged(secret)
    channel.settings, channel.secrets = dict(plain), installation.vault.seal_map(secret)
    channel.account, channel.account_name = account.id[:300], account.name[:300]
    channel.account_url, channel.facts, channel.way = account.url[:500], account.facts, way
    channel.account_picture = account.picture[:1000] or channel.account_picture or ""
    channel.checked_at = installation.now()
    if account.tokens is not None:
        keep_dates(channel, account.tokens, installation.now())
    elif was != way or "refresh" not in installation.platform(channel.platform).can:
        channel.renew_at, channel.token_expires_at = None, account.expires_at
    channel.state, channel.trouble, channel.not_before, channel.refused_at = "ok", "", None, None


def reconnect(
    installation: Installation, actor: Actor, channel_id: int, entered: Mapping[str, str], way: Way | None = None
) -> Channel:
    """New settings or a new token; a secret left empty stays as it was. It must still be the same account.

    A secret never follows to another server: whoever changes the address must know the token, and gets no right to
    this machine's own network with it. ``way`` is ``keys`` for a person who pastes them; without it the channel keeps
    the way that it has.
    """
    return renew_with(installation, actor, channel_id, entered, "channel.reconnected", way)


def renew_with(
    installation: Installation,
    actor: Actor,
    channel_id: int,
    entered: Mapping[str, str],
    deed: str,
    way: Way | None = None,
    grounds: Grounds = Grounds(),
) -> Channel:
    """As :func:`reconnect`; ``deed`` is what the record calls it."""
    actor.require("administer")
    channel = get(installation, actor.workspace, channel_id)
    platform = installation.platform(channel.platform)
    way = way or way_of(platform, channel)
    entries = renewed_settings(installation, actor, channel_id, entered, way)
    account = _ask(installation, actor, platform, *entries, channel_id)
    return keep_renewed(installation, actor, channel_id, entries, account, deed, way, grounds)


def renewed_settings(
    installation: Installation, actor: Actor, channel_id: int, entered: Mapping[str, str], way: Way
) -> Entries:
    """(settings, secrets) of a channel with what was entered anew; see :func:`reconnect`."""
    channel = get(installation, actor.workspace, channel_id)
    platform = installation.platform(channel.platform)
    names = {s.key for s in asked(platform, way)}
    secrets = installation.vault.unseal_map(channel.secrets)
    kept = {key: value for key, value in secrets.items() if key in names}
    kept |= _kept_list(installation, channel) if LIST not in secrets else {}
    kept |= {s.key: str(channel.settings[s.key]) for s in platform.settings if s.operator and s.key in channel.settings}
    merged = {key: value for key, value in entered.items() if value.strip()}
    plain, secret = read_settings(platform, kept | merged, way)
    refuse_operators(platform, actor, plain, channel.settings)
    moved = any(
        plain.get(s.key, "") != channel.settings.get(s.key, s.default) for s in asked(platform, way) if s.kind == "url"
    )
    if moved:
        read_settings(platform, merged, way)  # names the secret that is missing
        secret = {key: value for key, value in secret.items() if key in named(platform, merged)}
    elif way == way_of(platform, channel):  # what an authorization brought or found stays too
        secret |= {key: value for key, value in secrets.items() if key not in names}
        plain = {key: value for key, value in plain_settings(channel).items() if key not in names} | plain
    if channel.settings.get("allow_private") == "1" and (not moved or actor.via == "cli"):
        plain["allow_private"] = "1"
    return plain, secret


def keep_renewed(
    installation: Installation,
    actor: Actor,
    channel_id: int,
    entries: Entries,
    account: Account,
    deed: str,
    way: Way,
    grounds: Grounds = Grounds(),
) -> Channel:
    """Keep another access to a channel. Raises :class:`Conflict` where it opens another account."""
    channel = get(installation, actor.workspace, channel_id)
    platform = installation.platform(channel.platform)
    plain, secret = with_account(platform, *entries, account)
    rows = _kept_list(installation, channel)
    if rows and lists.lines_of(secret.get(LIST, "")) == lists.lines_of(rows[LIST]):
        del secret[LIST]  # nobody has changed it, so what is approved for it stands
    people = _sealed_list(installation, secret)
    if account.url and channel.account and not is_same(platform, channel, account):
        raise Conflict(
            N_("That is another account: %(account)s. Connect it as a channel of its own."), "", account=account.name
        )
    with installation.store.write(actor.workspace) as session:
        channel = locks.row(session, Channel, find(session, channel_id).id)
        _keep(installation, channel, plain, secret, account, way)
        session.flush()
        _keep_list(installation, session, channel, people, grounds)
        facts = {"count": account.facts.get("recipients", 0)} if deed == "channel.list_changed" else {}
        note(session, installation, actor, deed, None, channel=channel.id, name=channel.name, **facts)
    installation.wake()
    return channel


def _kept_list(installation: Installation, channel: Channel) -> dict[str, str]:
    """The rows of a list as its writer sees them, for the platform to look at with the rest; nothing where there is
    none."""
    if not channel.list_digest:
        return {}
    with installation.store.read(channel.workspace_id) as session:
        return {LIST: lists.text_of(installation, session, channel)}


def check_again(installation: Installation, actor: Actor, channel_id: int) -> Channel:
    """Make the harmless call again with what is kept; a channel that works is no longer broken."""
    return reconnect(installation, actor, channel_id, plain_settings(get(installation, actor.workspace, channel_id)))
