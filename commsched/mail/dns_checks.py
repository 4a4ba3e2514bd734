"""What the receivers of a domain's mail find in the DNS: SPF, DKIM, DMARC and MX, judged as they would, and the exact
line to put there where something lacks. Whoever asks gives the resolver."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from commsched.core.text.messages import N_, Message

if TYPE_CHECKING:
    import spf

Kind = Literal["TXT", "MX", "A", "AAAA", "PTR", "SRV"]
Resolve = Callable[[str, Kind], list[str]]
"""The records of a name, each as text (a TXT's strings joined); none where there are none. Raises :class:`NoDns` where
that cannot be found out."""
State = Literal["ok", "warn", "fail", "unknown"]
TIMEOUT: Final = 5.0
"""Seconds for one question."""
MOST_LOOKUPS: Final = 10
"""What a receiver looks up for one SPF record at most (RFC 7208, 4.6.4)."""
NOBODY: Final = "192.0.2.1"
"""An address that is nobody's: it asks a record through to its end."""
MOST_STRING: Final = 255
"""Characters of one string of a TXT record."""


class NoDns(Exception):
    """The DNS did not answer, so nothing can be said."""


class Record(msgspec.Struct, frozen=True):
    """A line to put into the DNS."""

    name: str
    kind: Kind
    value: str

    @property
    def strings(self) -> list[str]:
        """The value as the DNS keeps it: strings of at most 255 characters, one after the other."""
        return [self.value[at : at + MOST_STRING] for at in range(0, len(self.value), MOST_STRING)]

    @property
    def zone_line(self) -> str:
        """As it stands in a zone file."""
        strings = " ".join(f'"{string}"' for string in self.strings)
        return f"{self.name}. IN {self.kind} {strings}"


class Look(msgspec.Struct, frozen=True):
    """One thing that was looked at. ``record`` is what to put into the DNS where it is not as it should be."""

    name: Literal["spf", "dkim", "dmarc", "mx"]
    state: State
    words: Message
    record: Record | None = None
    stands: str = ""
    """What stands there now."""


class Sends(msgspec.Struct, frozen=True):
    """How a domain's mail leaves: what an SPF record of the provider's customers includes, the address that it is
    handed on from where that is known, and our keys by their selectors."""

    include: str = ""
    addresses: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    signs_itself: bool = False
    """The provider signs by itself."""
    reports_to: str = ""


def check(domain: str, sends: Sends, resolve: Resolve) -> list[Look]:
    """Everything that a receiver looks at, in the order of what helps most."""
    looks: tuple[Callable[[str, Sends, Resolve], list[Look]], ...] = (_spf, _dkim, _dmarc, _mx)
    results: list[Look] = []
    for name, look in zip(("spf", "dkim", "dmarc", "mx"), looks, strict=True):
        try:
            results += look(domain, sends, resolve)
        except NoDns:
            results.append(Look(name, "unknown", Message(N_("The DNS did not answer. Try again in a while."))))  # type: ignore[arg-type]
    return results


# -- SPF ---------------------------------------------------------------------------------------------


def _spf(domain: str, sends: Sends, resolve: Resolve) -> list[Look]:
    records = sorted(text for text in resolve(domain, "TXT") if text.lower().split(" ")[0] == "v=spf1")
    wanted = _mechanism(sends)
    if not records:
        line = Record(domain, "TXT", f"v=spf1 {wanted or 'mx'} ~all")
        words = N_("No SPF record says who may send for %(domain)s, so many receivers distrust it.")
        return [Look("spf", "fail", Message(words, {"domain": domain}), line)]
    if len(records) > 1:
        words = N_("There are %(count)s SPF records, and then none counts. Make them one.")
        merged = Record(domain, "TXT", _with(_merged(records), wanted))
        return [Look("spf", "fail", Message(words, {"count": len(records)}), merged, records[0])]
    return [_judged(domain, records[0], wanted, sends, resolve)]


def _judged(domain: str, record: str, wanted: str, sends: Sends, resolve: Resolve) -> Look:
    result, lookups, said = evaluate(domain, sends.addresses[0] if sends.addresses else NOBODY, resolve)
    if result == "permerror":
        words = N_("A receiver cannot use the SPF record: %(said)s")
        if lookups > MOST_LOOKUPS:
            words = N_(
                "The SPF record makes a receiver look up more than 10 names, so it does not count. Take out some."
            )
        return Look("spf", "fail", Message(words, {"said": said}), None, record)
    if result == "temperror":
        return Look("spf", "unknown", Message(N_("The DNS did not answer. Try again in a while.")), None, record)
    if sends.addresses:
        results = [result, *(evaluate(domain, other, resolve)[0] for other in sends.addresses[1:])]
        covered = all(each == "pass" for each in results)
    elif sends.include:
        covered = sends.include.lower() in _included(record, resolve)
    else:
        words = N_("There is an SPF record. Whether it names your mail server cannot be told from here.")
        return Look("spf", "warn", Message(words), None, record)
    if covered:
        words = N_("SPF: receivers see that %(domain)s sends through this mail server (%(count)s of 10 look-ups).")
        return Look("spf", "ok", Message(words, {"domain": domain, "count": lookups}), None, record)
    words = N_("The SPF record of %(domain)s does not name this mail server, so receivers distrust what it sends.")
    return Look("spf", "fail", Message(words, {"domain": domain}), Record(domain, "TXT", _with(record, wanted)), record)


def _mechanism(sends: Sends) -> str:
    """What an SPF record must hold for this way of sending."""
    if sends.include:
        return f"include:{sends.include}"
    return " ".join(f"ip{6 if ':' in address else 4}:{address}" for address in sends.addresses)


def _with(record: str, mechanism: str) -> str:
    """``record`` with ``mechanism`` before the words for everybody else."""
    words = record.split()
    at = next((place for place, word in enumerate(words) if word.lstrip("+-~?").lower() == "all"), len(words))
    return " ".join([*words[:at], *([mechanism] if mechanism else []), *(words[at:] or ["~all"])])


def _merged(records: Sequence[str]) -> str:
    """All mechanisms of several records, each once, and the mildest end of them, so that no mail is refused by the
    change. A server gives records in any order; the line is the same."""
    every = [word for record in sorted(records) for word in record.split()[1:]]
    ends = [word.lower() for word in every if word.lstrip("+-~?").lower() == "all"]
    end = next((end for end in ("?all", "~all", "-all") if end in ends), "~all")
    return " ".join(["v=spf1", *dict.fromkeys(word for word in every if word.lower() not in ends), end])


def _included(record: str, resolve: Resolve, depth: int = 0) -> set[str]:
    """Every name that the record includes, directly or not."""
    names = {
        word.partition(":" if ":" in word else "=")[2].lower().rstrip(".")
        for word in record.split()
        if word.lstrip("+").lower().startswith(("include:", "redirect="))
    }
    for name in list(names) if depth < 3 else []:
        for text in resolve(name, "TXT"):
            if text.lower().startswith("v=spf1"):
                names |= _included(text, resolve, depth + 1)
    return names


def evaluate(domain: str, address: str, resolve: Resolve) -> tuple[str, int, str]:
    """What a receiver makes of a mail from ``domain`` that comes from ``address``: the result (RFC 7208, 2.6), how many
    names it had to look up, and why."""
    query = _query_class()(address, f"postmaster@{domain}", domain, resolve)
    result, _code, said = query.check()
    return result, query.lookups, str(said)[:300]


@lru_cache(maxsize=1)
def _query_class() -> type[spf.query]:
    """pyspf's evaluation over a resolver of ours."""
    import spf

    class Query(spf.query):  # type: ignore[misc]
        def __init__(self, address: str, sender: str, helo: str, resolve: Resolve) -> None:
            super().__init__(i=address, s=sender, h=helo, querytime=20)
            self.resolve = resolve

        def dns(self, name: str, qtype: Kind, cnames: object = None, ignore_void: bool = False) -> list[object]:
            if (name, qtype) not in self.cache:
                try:
                    self.cache[name, qtype] = [_as_pyspf(qtype, text) for text in self.resolve(str(name), qtype)]
                except NoDns as error:
                    raise spf.TempError("no answer") from error
            records: list[object] = self.cache[name, qtype]
            if not records and not ignore_void:
                self.void_lookups += 1
                if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                    raise spf.PermError(f"more than {spf.MAX_VOID_LOOKUPS} names lead nowhere")
            return records

    return Query


def _as_pyspf(kind: Kind, text: str) -> object:
    """A record as pyspf knows it."""
    if kind == "TXT":
        return [text.encode()]
    if kind == "MX":
        preference, _, name = text.partition(" ")
        return int(preference), name.rstrip(".")
    return text.rstrip(".")


# -- DKIM, DMARC, MX -----------------------------------------------------------------------------------


def key_record(domain: str, selector: str, public: str) -> Record:
    """The line that makes a key known; ``public`` is in base64."""
    return Record(f"{selector}._domainkey.{domain}", "TXT", f"v=DKIM1; k=rsa; p={public}")


def sees_key(domain: str, selector: str, public: str, resolve: Resolve) -> bool:
    """Whether receivers find exactly that key. Raises :class:`NoDns`."""
    return any(
        _same_key(_tags(text).get("p", ""), public) for text in resolve(f"{selector}._domainkey.{domain}", "TXT")
    )


def _same_key(published: str, ours: str) -> bool:
    try:
        return bool(ours) and base64.b64decode("".join(published.split())) == base64.b64decode(ours)
    except (binascii.Error, ValueError):
        return False


def _dkim(domain: str, sends: Sends, resolve: Resolve) -> list[Look]:
    if not sends.keys:
        if sends.signs_itself:
            words = N_("The provider can sign the mail of %(domain)s (DKIM); turn it on there, or make a key here.")
            return [Look("dkim", "warn", Message(words, {"domain": domain}))]
        words = N_("Nothing signs the mail of %(domain)s (DKIM). Make a key under Settings → E-mail.")
        return [Look("dkim", "fail", Message(words, {"domain": domain}))]
    return [_key(domain, selector, public, resolve) for selector, public in sends.keys]


def _key(domain: str, selector: str, public: str, resolve: Resolve) -> Look:
    line = key_record(domain, selector, public)
    standing = resolve(line.name, "TXT")
    about: dict[str, object] = {"selector": selector, "domain": domain}
    if sees_key(domain, selector, public, lambda _name, _kind: standing):
        return Look("dkim", "ok", Message(N_("DKIM: receivers find the key %(selector)s."), about))
    words = N_(
        "Receivers do not find the key %(selector)s of %(domain)s yet. It can take some hours after it was put in."
    )
    if standing:
        words = N_("Another key stands at %(selector)s._domainkey.%(domain)s. What is signed with ours is distrusted.")
    return Look("dkim", "fail", Message(words, about), line, standing[0] if standing else "")


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs if name.strip()}


def _dmarc(domain: str, sends: Sends, resolve: Resolve) -> list[Look]:
    """The domain's own record, or the nearest above it (RFC 9989 walks up the tree)."""
    labels = domain.split(".")
    for at in range(min(len(labels) - 1, 5)):
        name = ".".join(labels[at:])
        records = [text for text in resolve(f"_dmarc.{name}", "TXT") if text.lower().startswith("v=dmarc1")]
        if len(records) > 1:
            words = N_("There are several DMARC records at %(name)s, and then none counts. Leave one.")
            return [Look("dmarc", "fail", Message(words, {"name": f"_dmarc.{name}"}), None, records[0])]
        if records:
            return [_policy(name, records[0])]
    line = Record(
        f"_dmarc.{domain}", "TXT", f"v=DMARC1; p=none; rua=mailto:{sends.reports_to or f'postmaster@{domain}'}"
    )
    words = N_("%(domain)s has no DMARC record. Gmail and Microsoft want one of whoever sends to many.")
    return [Look("dmarc", "fail", Message(words, {"domain": domain}), line)]


def _policy(name: str, record: str) -> Look:
    policy = _tags(record).get("p", "").lower()
    about: dict[str, object] = {"name": name, "policy": policy}
    if policy not in ("none", "quarantine", "reject"):
        words = N_("The DMARC record at _dmarc.%(name)s says no policy (p=), so it does not count.")
        line = Record(f"_dmarc.{name}", "TXT", "v=DMARC1; p=none")
        return Look("dmarc", "fail", Message(words, about), line, record)
    if policy == "none":
        words = N_(
            "DMARC stands at p=none: it only watches. When SPF and DKIM have been right for a while, go to quarantine."
        )
        return Look("dmarc", "ok", Message(words, about), None, record)
    words = N_("DMARC: what is not yours under the name %(name)s is turned away (%(policy)s).")
    return Look("dmarc", "ok", Message(words, about), None, record)


def _mx(domain: str, _sends: Sends, resolve: Resolve) -> list[Look]:
    servers = [text.partition(" ")[2].rstrip(".") for text in sorted(resolve(domain, "MX"))]
    about: dict[str, object] = {"domain": domain, "servers": ", ".join(servers[:3])}
    if servers == [""]:
        return [
            Look("mx", "fail", Message(N_("%(domain)s says that it takes no mail, so no answer comes back."), about))
        ]
    if servers:
        return [Look("mx", "ok", Message(N_("Answers to %(domain)s go to %(servers)s."), about))]
    if resolve(domain, "A") or resolve(domain, "AAAA"):
        return [
            Look("mx", "warn", Message(N_("%(domain)s names no mail server (MX). Answers may not come back."), about))
        ]
    return [Look("mx", "fail", Message(N_("There is no domain %(domain)s. Answers do not come back."), about))]


# -- the resolver --------------------------------------------------------------------------------------


def resolver(servers: Sequence[tuple[str, int]] = ()) -> Resolve:
    """Asks this machine's DNS, or ``servers`` (address and port)."""
    import dns.exception
    import dns.nameserver
    import dns.resolver

    asked = dns.resolver.Resolver(configure=not servers)
    if servers:
        asked.nameservers = [dns.nameserver.Do53Nameserver(address, port) for address, port in servers]
    asked.lifetime = asked.timeout = TIMEOUT

    def resolve(name: str, kind: Kind) -> list[str]:
        try:
            answer = asked.resolve(name.rstrip(".") + ".", kind, raise_on_no_answer=False)
        except dns.resolver.NXDOMAIN:
            return []
        except (dns.exception.DNSException, OSError, UnicodeError, ValueError) as error:
            raise NoDns(type(error).__name__) from error
        return [_text(kind, record) for record in answer]

    return resolve


def _text(kind: Kind, record: object) -> str:
    if kind == "TXT":
        strings: Sequence[bytes] = record.strings  # type: ignore[attr-defined]
        return b"".join(strings).decode("utf-8", "replace")
    return str(record)
