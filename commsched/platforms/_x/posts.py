"""What is done on X with posts that are out: counted, answered, hidden; and what else the account has posted.

X charges for what is read: half a cent for each post of another's, a tenth of a cent for one of the account's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

import msgspec

from commsched.core.delivery.outcome import CannotTell, Outcome, Published
from commsched.core.platform.budget import Budget
from commsched.core.platform.figures import Figures, Publication, Reply
from commsched.core.text.messages import N_
from commsched.platforms._shared.answers import ident, read, without_error
from commsched.platforms._shared.readback import PAGES
from commsched.platforms._x.timeline import Tweet, answered, expanded, post_url

if TYPE_CHECKING:
    from commsched.platforms._x.client import Client

_PAGE: Final = 100
"""Posts to a call, as many as X gives and takes."""
_DAILY: Final = ("x-user-limit-24hour", "x-app-limit-24hour")


class _IsHidden(msgspec.Struct):
    hidden: object = None


class _Hidden(msgspec.Struct):
    data: _IsHidden


class _Counts(msgspec.Struct):
    """A value of another type than it should be is not told."""

    impression_count: object = None
    like_count: object = None
    retweet_count: object = None
    repost_count: object = None
    """The same by its newer name."""
    quote_count: object = None
    reply_count: object = None


class _Counted(msgspec.Struct):
    public_metrics: _Counts | None = None


class _Meta(msgspec.Struct):
    next_token: object = None


class _User(msgspec.Struct):
    id: object
    username: object = ""
    name: object = ""


class _Includes(msgspec.Struct):
    users: list[_User] | None = None


class _Page(msgspec.Struct):
    data: list[dict[str, object]] | None = None
    meta: _Meta | None = None
    includes: _Includes | None = None


class _Said(Tweet):
    """A post of anybody's."""

    author_id: object = ""
    conversation_id: object = ""
    created_at: str = ""


def figures(client: Client, remote_ids: Sequence[str]) -> dict[str, Figures]:
    """How often each was seen, liked, passed on and answered; X leaves out what is gone."""
    known = {}
    for start in range(0, len(remote_ids), _PAGE):
        asked = list(remote_ids[start : start + _PAGE])
        answer = client.get_tweets(asked, tweet_fields=["public_metrics"], user_auth=True)
        for post in read(answer, _Page).data or ():
            counts = read(post, _Counted).public_metrics
            if counts is not None:
                known[ident(post)] = _figures(counts)
    return known


def _figures(counts: _Counts) -> Figures:
    reposts = counts.repost_count if counts.retweet_count is None else counts.retweet_count
    passed_on = [_count(reposts), _count(counts.quote_count)]
    return Figures(
        views=_count(counts.impression_count),
        likes=_count(counts.like_count),
        shares=None if passed_on == [None, None] else sum(each or 0 for each in passed_on),
        comments=_count(counts.reply_count),
    )


def _count(number: object) -> int | None:
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def answers(client: Client, account: str, remote_ids: Sequence[str], since: datetime) -> list[Reply] | CannotTell:
    """What others wrote beneath each, oldest first. An answer mentions whom it answers, so the account's mentions are
    read: one call for all posts, instead of one for each."""
    replies: list[Reply] = []
    for page in _pages(client, f"/2/users/{account}/mentions", since):
        if page is None:
            return CannotTell(N_("too many answers since then to read them all"))
        users = {str(user.id): user for user in (page.includes or _Includes()).users or ()}
        replies += [reply for post in page.data or () if (reply := _reply(post, users, account, remote_ids))]
    return [reply for reply in replies[::-1] if reply.at >= since]


def _reply(
    post: Mapping[str, object], users: Mapping[str, _User], account: str, remote_ids: Sequence[str]
) -> Reply | None:
    said = read(post, _Said)
    ours = [each for each in (answered(said), str(said.conversation_id)) if each in remote_ids]
    if not ours or str(said.author_id) == account:
        return None
    author = users.get(str(said.author_id), _User(said.author_id))
    return Reply(
        id=ident(post),
        answers=str(ours[0]),
        author=str(author.name or author.username or author.id),
        text=expanded(said).strip(),
        at=_moment(said.created_at),
        url=post_url(ident(post)),
        handle=f"@{author.username}" if author.username else "",
    )


def hide(client: Client, reply: Reply, hidden: bool) -> Outcome:
    """Put it behind a press, or bring it back. It may be repeated."""
    answer = client.request("PUT", f"/2/tweets/{reply.id}/hidden", json={"hidden": hidden}, user_auth=True).json()
    if read(without_error(answer), _Hidden).data.hidden is not hidden:
        raise ValueError("X does not say that it is so")
    return Published(reply.id, reply.url, detail="hidden" if hidden else "shown")


def recent(client: Client, account: str, since: datetime) -> list[Publication] | CannotTell:
    """What the account has posted since then, oldest first: not what it passed on, nor what it answered."""
    posts: list[Publication] = []
    for page in _pages(client, f"/2/users/{account}/tweets", since, exclude="retweets,replies"):
        if page is None:
            return CannotTell(N_("too many posts since then to read them all"))
        for post in page.data or ():
            said = read(post, _Said)
            at = _moment(said.created_at)
            if at >= since:
                posts.append(Publication(ident(post), post_url(ident(post)), expanded(said).strip(), at))
    return posts[::-1]


def _pages(client: Client, route: str, since: datetime, **more: str) -> Iterator[_Page | None]:
    """Pages since then, newest first, over a bounded number; ``None`` where there are more."""
    params: dict[str, str | int] = {
        "start_time": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "max_results": _PAGE,
        "tweet.fields": "created_at,entities,referenced_tweets,conversation_id,author_id",
        "expansions": "author_id",
        "user.fields": "username,name",
        **more,
    }
    for _number in range(PAGES):
        page = read(client.request("GET", route, params=params, user_auth=True).json(), _Page)
        yield page
        token = page.meta.next_token if page.meta else None
        if not token:
            return
        params["pagination_token"] = str(token)
    yield None


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def budgets(headers: Mapping[str, str]) -> list[Budget]:
    """What the headers say: of this kind of call within 15 minutes, and of posts within 24 hours, by account and by
    app, of which the one with less left counts."""
    known = {name.lower(): text.strip() for name, text in headers.items()}
    calls = _budget("calls", "x-rate-limit", known)
    daily = [budget for prefix in _DAILY if (budget := _budget("posts", prefix, known)) is not None]
    posts = min(daily, key=lambda budget: budget.remaining, default=None)
    return [budget for budget in (calls, posts) if budget is not None]


def _budget(name: str, prefix: str, known: Mapping[str, str]) -> Budget | None:
    limit, left = known.get(f"{prefix}-limit", ""), known.get(f"{prefix}-remaining", "")
    if not limit.isdecimal() or not left.isdecimal():
        return None
    reset = known.get(f"{prefix}-reset", "")
    try:
        at = datetime.fromtimestamp(int(reset), UTC) if reset.isdecimal() else None
    except (ValueError, OverflowError, OSError):
        at = None
    return Budget(name, int(limit), int(left), at)
