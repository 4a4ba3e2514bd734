"""Comments of the page's own: the first one under a post, and answers to what others wrote. Their words are plain."""

from __future__ import annotations

from commsched.core.delivery.outcome import Published
from commsched.core.platform.contract import ConnectError, Part
from commsched.core.text.length import tidy
from commsched.core.text.messages import N_
from commsched.platforms._linkedin.client import LinkedIn, encoded
from commsched.platforms._linkedin.posts import COMMENT, POST, address_of


def write(client: LinkedIn, part: Part, author: str) -> Published:
    """Write ``part`` under what its parent names: a post, or a comment."""
    answered = COMMENT.fullmatch(part.parent)
    if answered is None and not POST.fullmatch(part.parent):
        raise ConnectError(N_("“%(id)s” is not the name of a post."), "organization", id=part.parent[:80])
    thing = answered[1] if answered else part.parent
    body: dict[str, object] = {"actor": author, "object": thing, "message": {"text": tidy(part.text)}}
    if answered:
        body["parentComment"] = part.parent
    response = client.ask("POST", f"socialActions/{encoded(part.parent)}/comments", body)
    answer = response.json()
    name = answer.get("$URN") if isinstance(answer, dict) else None
    if not isinstance(name, str) or not COMMENT.fullmatch(name):
        name = f"urn:li:comment:({thing},{response.headers.get('x-restli-id') or ''})"
    if not COMMENT.fullmatch(name):
        raise ValueError("the answer names no comment")
    return Published(name, address_of(name))


def change(client: LinkedIn, name: str, text: str, author: str) -> None:
    """Put ``text`` in the place of a comment's words."""
    patch = {"patch": {"message": {"$set": {"text": tidy(text)}}}}
    client.ask("POST", _path(name, author), patch, restli="PARTIAL_UPDATE")


def remove(client: LinkedIn, name: str, author: str) -> None:
    client.ask("DELETE", _path(name, author), restli="DELETE")


def _path(name: str, author: str) -> str:
    comment = COMMENT.fullmatch(name)
    if comment is None:
        raise ConnectError(N_("“%(id)s” is not the name of a comment."), "organization", id=name[:80])
    return f"socialActions/{encoded(comment[1])}/comments/{comment[2]}?actor={encoded(author)}"
