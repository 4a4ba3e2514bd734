"""What is done with posts that are out: changed, counted, answered, reported; and what else the account has posted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from mastodon.errors import MastodonAPIError, MastodonNotFoundError

from commsched.core.delivery.outcome import CannotTell, Outcome, Published, Rejected
from commsched.core.platform.budget import Budget
from commsched.core.platform.contract import ChannelContext, Part
from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.core.text.json_values import JsonObject
from commsched.core.text.messages import N_
from commsched.platforms._mastodon.client import aware, plain
from commsched.platforms._mastodon.media import files_of
from commsched.platforms._mastodon.polls import poll_under
from commsched.platforms._shared.answers import ident
from commsched.platforms._shared.readback import PAGES

if TYPE_CHECKING:
    from mastodon.return_types import Status

    from commsched.platforms._mastodon.client import Client

_PAGE: Final = 40
_NO_SUCH_CALL: Final = (404, 405, 501)
_LEAST: Final = 300
"""Seconds that a poll must still be open when it is sent anew."""


def edit(client: Client, part: Part, remote_id: str, context: ChannelContext) -> Outcome:
    """Put the words of ``part`` in the place of those that are out, with the same pictures, whose alt texts follow, and
    the same poll: what a change leaves out is taken away by the server."""
    out = client.status(remote_id)
    files, media = files_of(part), list(out.get("media_attachments") or ())
    if len(files) != len(media):
        return Rejected(N_("the pictures of what is out stay as they are; only the words can be changed"), "content")
    poll = _poll_again(out, part, context)
    if isinstance(poll, Rejected):
        return poll
    options = part.view.options
    alts = [{"id": ident(each), "description": file.alt} for each, file in zip(media, files, strict=True)]
    try:
        status = client.status_update(
            remote_id,
            part.text,
            spoiler_text=options.get("content_warning") or "",
            sensitive=bool(options.get("content_warning")),
            media_attributes=alts or None,
            poll=poll,
        )
    except MastodonAPIError as error:
        if len(error.args) < 2 or error.args[1] not in _NO_SUCH_CALL:
            raise
        return Rejected(N_("this server lets nothing be changed that is out"), "permission")
    return Published(ident(status), str(status.get("url") or status.get("uri") or ""), detail="edited")


def _poll_again(out: Status, part: Part, context: ChannelContext) -> JsonObject | Rejected | None:
    """The poll as it stands, to be sent along. Other answers would throw away the votes, and one that has ended would
    begin again: neither is a change of words."""
    kept, poll = out.get("poll"), poll_under(part)
    if not kept:
        return None if poll is None else Rejected(N_("a poll cannot be added to what is out"), "content")
    titles = [str(choice["title"]) for choice in kept["options"]]
    if poll is None or list(poll.choices) != titles or poll.multiple != bool(kept.get("multiple")):
        return Rejected(N_("the poll stays as it is: another would throw away the votes"), "content")
    ends = kept.get("expires_at")
    left = int((aware(ends) - context.now()).total_seconds()) if ends else poll.seconds
    if kept.get("expired") or left < _LEAST:
        return Rejected(N_("the poll has ended: changing the words would open it again"), "content")
    return {**poll.sent(), "expires_in": left}


def figures(client: Client, remote_ids: Sequence[str]) -> dict[str, Figures]:
    """How often each was liked, passed on and answered; what is gone is left out. Views are told by no server."""
    known = {}
    for remote_id in remote_ids:
        try:
            status = client.status(remote_id)
        except MastodonNotFoundError:
            continue
        known[remote_id] = Figures(
            likes=_count(status, "favourites_count"),
            shares=_count(status, "reblogs_count"),
            comments=_count(status, "replies_count"),
        )
    return known


def _count(status: Status, name: str) -> int | None:
    number = status.get(name)
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def answers(client: Client, remote_ids: Sequence[str], since: datetime, account: str) -> list[Reply]:
    """What others wrote beneath each, also beneath each other's answers; oldest first, each once."""
    replies: dict[str, Reply] = {}
    for remote_id in remote_ids:
        try:
            beneath = client.status_context(remote_id)["descendants"]
        except MastodonNotFoundError:
            continue
        for status in beneath:
            if ident(status["account"]) == account or aware(status["created_at"]) < since:
                continue
            parent = str(status.get("in_reply_to_id") or "")
            reply = _reply(status, parent if parent in remote_ids else remote_id)
            replies.setdefault(reply.id, reply)
    return sorted(replies.values(), key=lambda reply: reply.at)


def _reply(status: Status, answers: str) -> Reply:
    account = status["account"]
    return Reply(
        id=ident(status),
        answers=answers,
        author=str(account.get("display_name") or account.get("acct") or ""),
        text=plain(str(status.get("content") or "")),
        at=aware(status["created_at"]),
        url=str(status.get("url") or status.get("uri") or ""),
        handle=f"@{account['acct']}",
    )


def report(client: Client, reply: Reply, reason: str) -> Outcome:
    """Report it to those who run the office's server, and to those who run its writer's."""
    status = client.status(reply.id)
    ident(client.report(ident(status["account"]), status_ids=[reply.id], comment=reason[:1000], forward=True))
    return Published(reply.id, reply.url, detail="reported")


def recent(client: Client, account: str, since: datetime) -> list[Publication] | CannotTell:
    """What the account has posted since then, oldest first: not what it passed on, nor what it answered to others."""
    posts: list[Publication] = []
    for status in _own(client, account):
        if status is None:
            return CannotTell(N_("too many posts since then to read them all"))
        if aware(status["created_at"]) < since:
            break
        text = plain(str(status.get("content") or ""))
        posts.append(Publication(ident(status), str(status.get("url") or ""), text, aware(status["created_at"])))
    return posts[::-1]


def _own(client: Client, account: str) -> Iterator[Status | None]:
    """The account's own posts, newest first, over a bounded number of pages; ``None`` where there are more."""
    oldest = None
    for _number in range(PAGES):
        page = client.account_statuses(account, limit=_PAGE, max_id=oldest, exclude_reblogs=True, exclude_replies=True)
        yield from page
        if not page:
            return
        oldest = ident(page[-1])
    yield None


def budgets(headers: Mapping[str, str], now: datetime) -> list[Budget]:
    """What ``X-RateLimit-*`` says; the moment of the reset is ISO 8601 on Mastodon, and seconds on some others."""
    said = {name.lower(): value.strip() for name, value in headers.items()}
    limit, left = said.get("x-ratelimit-limit", ""), said.get("x-ratelimit-remaining", "")
    if not limit.isdecimal() or not left.isdecimal():
        return []
    return [Budget("calls", int(limit), int(left), _moment(said.get("x-ratelimit-reset", "")))]


def _moment(text: str) -> datetime | None:
    try:
        if text.isdecimal():
            return datetime.fromtimestamp(int(text), UTC)
        return aware(datetime.fromisoformat(text))
    except (ValueError, OverflowError, OSError):
        return None
