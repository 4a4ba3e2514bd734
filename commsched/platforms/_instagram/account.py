"""What an Instagram account tells of itself: who it is, how much it may still publish, and what it has published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from commsched.core.delivery.outcome import CannotTell, Finding, Found, Retry
from commsched.core.platform.contract import Part
from commsched.core.text.messages import N_
from commsched.platforms._instagram.rules import caption_of
from commsched.platforms._meta.client import Client, walk
from commsched.platforms._meta.errors import MetaError
from commsched.platforms._meta.moments import moment, squeeze
from commsched.platforms._shared.answers import ident, read
from commsched.platforms._shared.readback import Entry, Page, look_through

_FIELDS = "id,caption,timestamp,permalink"
_COMMENT_FIELDS = "id,text,timestamp,username,hidden"


class _Config(msgspec.Struct):
    quota_total: int
    quota_duration: int = 86_400


class _Quota(msgspec.Struct):
    quota_usage: int
    config: _Config


class _Quotas(msgspec.Struct):
    data: list[_Quota]


def quota(client: Client, account: str) -> tuple[int, int] | None:
    """How many posts went out in the last day, and how many may; ``None`` where the account does not say."""
    try:
        answer = client.get(f"{account}/content_publishing_limit", fields="config,quota_usage")
        known = read(answer, _Quotas).data[0]
    except (MetaError, msgspec.ValidationError, IndexError):
        return None
    return known.quota_usage, known.config.quota_total


def wait_for_quota(client: Client, account: str) -> Retry | None:
    """Why nothing can be published now. The day is a sliding one, and Instagram does not say when it ends: it is asked
    again in a while."""
    known = quota(client, account)
    if known is None or known[0] < known[1] or known[1] <= 0:
        return None
    words = N_("the account has published as much as Instagram takes in a day")
    return Retry(words, None, whole_channel=True)


def find_media(client: Client, account: str, part: Part, start: datetime) -> Finding:
    """Look for the post by its caption among what the account has published since ``start``. Never the newest one
    merely because it is the newest."""
    wanted = squeeze(caption_of(part.view))

    def entry(each: Mapping[str, object]) -> Entry:
        same = squeeze(str(each.get("caption") or "")) == wanted
        return Entry(ident(each), str(each.get("permalink") or ""), same, moment(each["timestamp"]))

    def pages() -> Iterator[Page]:
        since = str(int(start.timestamp()))
        for listed in walk(client, f"{account}/media", fields=_FIELDS, limit="50", since=since):
            yield Page([entry(each) for each in listed.entries], listed.more)

    return look_through(pages(), part, start)


def find_comment(client: Client, part: Part, start: datetime) -> Finding:
    """A comment has no name of its own beforehand: not to see it is not enough to write it again."""

    def entry(each: Mapping[str, object]) -> Entry:
        same = squeeze(str(each.get("text") or "")) == squeeze(part.text)
        return Entry(ident(each), "", same, None)

    def pages() -> Iterator[Page]:
        for listed in walk(client, f"{part.parent}/comments", fields=_COMMENT_FIELDS, limit="50"):
            fresh = [each for each in listed.entries if moment(each["timestamp"]) >= start]
            yield Page([entry(each) for each in fresh], listed.more)

    finding = look_through(pages(), part, start)
    never = CannotTell(N_("the comment is not to be seen, and Instagram would take it twice"), final=True)
    return finding if isinstance(finding, Found) else never


def permalink(client: Client, media: str) -> str:
    """Where a post is seen; empty where that cannot be asked, which is no harm to a post that is out."""
    try:
        return str(client.get(media, fields="permalink").get("permalink") or "")
    except Exception:
        return ""
