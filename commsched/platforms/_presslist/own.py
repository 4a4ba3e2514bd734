"""What is a recipient's own in a press mail: the words that they get of it, where it leads, how they leave the list and
say that they come."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import quote

import msgspec

from commsched.core.media.documents import MAIL_BYTES, file_name, mailed_bytes
from commsched.core.media.press_names import distinct
from commsched.core.media.sizes import MB
from commsched.core.platform.contract import ChannelContext, ChannelView, Part
from commsched.core.platform.email import AttachedFile, Letterhead
from commsched.core.platform.settings import YES
from commsched.core.press import answer_links
from commsched.core.press.calendar_file import calendar as calendar_file
from commsched.core.press.invitation import entry_of
from commsched.core.press.words import event_of, is_called_off, language_of
from commsched.core.text.languages import known
from commsched.core.text.messages import N_, Problem, block
from commsched.core.text.slug import address_of
from commsched.core.timing.embargo import is_over
from commsched.platforms._presslist.foot import Foot
from commsched.platforms._presslist.messages import Ways

DOCUMENTS: Final = "documents"
"""The setting by which documents go as links or as files."""
FILES: Final = "files"


def leaving(page: str, address: str) -> dict[str, str]:
    """How a mail program leaves the list: by one press without asking anybody (RFC 8058), or by a mail. That names the
    page's own secret, since anybody can write a mail in another's name."""
    ways = [f"<{page}>"] if page.startswith("https://") else []
    secret = f"%20{page.rpartition('/')[2]}" if page.startswith(("https://", "http://")) else ""
    ways += [f"<mailto:{quote(address, safe='@')}?subject=unsubscribe{quote(secret, safe='%')}>"] if address else []
    headers = {"List-Unsubscribe": ", ".join(ways)} if ways else {}
    if page.startswith("https://"):
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return headers


def as_had(part: Part) -> ChannelView:
    """What the mail says, in its reader's language: a correction, to whoever has what it corrects; to anybody else the
    text alone, which is the first that they get of it."""
    view = spoken(part)
    if part.corrects or not (part.message_id and view.content.corrects):
        return view
    return msgspec.structs.replace(view, content=msgspec.structs.replace(view.content, correction=""))


def spoken(part: Part) -> ChannelView:
    """What the mail says in the language that its recipient reads, where the release is written in that too."""
    view = part.view
    content = view.content.in_language(part.language) if part.language else view.content
    return view if content is view.content else msgspec.structs.replace(view, content=content, text=content.text)


def answering(message_id: str) -> dict[str, str]:
    """So that a correction stands beside what it corrects in its reader's mail."""
    name = f"<{message_id}>"
    return {"In-Reply-To": name, "References": name} if message_id else {}


def marks(part: Part, context: ChannelContext) -> dict[str, str]:
    """What differs from one recipient to the next: their own addresses for leaving the list and for saying that they
    come."""
    own = {"leave": part.leave} if part.leave else {}
    if event_of(part.view.content) is None or is_called_off(part.view.content):
        return own
    token = answer_links.token(context.client_key(), part.view.uid, part.key)
    return own | {"answer": f"{context.public_url}/{answer_links.PATH}/{token}"}


def calendar(view: ChannelView, ways: Ways, context: ChannelContext, invited: bool = False) -> str:
    """An invitation's event for the reader's own calendar. Its stamp is the list's day, so that everybody on it gets
    the same bytes. Who was never ``invited`` has no entry that could be taken out."""
    if is_called_off(view.content) and not invited:
        return ""
    stamp = context.now().replace(hour=0, minute=0, second=0, microsecond=0)
    page = f"{context.public_url}/n/{context.workspace}/"
    office = context.office_name or context.workspace
    entry = entry_of(view.content, view.uid, office=office, url=ways.page, page=page, stamp=stamp)
    return calendar_file(entry) if entry is not None else ""


def about(view: ChannelView, head: Letterhead) -> str:
    """What the office says of itself below a release, where the release does not say it in words of its own."""
    return head.about if view.content.kind == "release" and not view.content.about.strip() else ""


def ways(view: ChannelView, context: ChannelContext) -> Ways:
    """Where the mail leads. A list says whether its releases stand in the newsroom too; under embargo there is only the
    secret address."""
    files = context.settings.get(DOCUMENTS, "") == FILES
    if not is_over(view.content.embargo, context.now()):
        return Ways(view.preview_url, view.preview_url, files)
    if not _stands_in_newsroom(context.settings):
        return Ways(attaches=files)
    address = address_of(view.content.title, view.text, view.uid)
    page = f"{context.public_url}/n/{context.workspace}/{address}"
    return Ways(page, f"{context.public_url}/media/{context.workspace}", files)


def _stands_in_newsroom(settings: Mapping[str, object]) -> bool:
    return str(settings.get("newsroom_link", "")).lower() in YES


def carries(settings: Mapping[str, object]) -> bool:
    """Whether a list with ``settings`` gets documents as files: where it is said so, or where nothing leads to
    them."""
    return settings.get(DOCUMENTS) == FILES or not _stands_in_newsroom(settings)


def files(view: ChannelView, ways: Ways) -> tuple[AttachedFile, ...]:
    """The documents that come with the mail: the very bytes that were approved."""
    documents = [file for file in view.other_files if file.kind == "document"] if ways.carries else []
    names = distinct([file_name(file.title, file.mime, file.sha256) for file in documents])
    return tuple(AttachedFile(name, file.mime, file.open) for name, file in zip(names, documents, strict=True))


def too_heavy(view: ChannelView) -> list[Problem]:
    """What stops documents that are too large together to come with a mail."""
    total = mailed_bytes(file.size for file in view.other_files if file.kind == "document")
    if total <= MAIL_BYTES:
        return []
    words = N_(
        "The documents are %(size)s MB together as a mail carries them, and newsrooms’ servers take %(limit)s MB. "
        "Let the list have links, or take something out."
    )
    return [block(DOCUMENTS, words, size=-(-total // MB), limit=MAIL_BYTES // MB)]


def reads(part: Part) -> str:
    """The language that the foot is in: its reader's, where it is one of ours; else that of the words."""
    return known(part.language, "") or language_of(spoken(part).content)


def foot(part: Part, context: ChannelContext, name: str, head: Letterhead, page: str) -> Foot:
    """The foot of the mail that ``part`` is; ``page`` is where its reader leaves the list."""
    address = leave(context)
    return Foot(
        language=reads(part),
        sender=f"{name} ({address})" if address and name and name != address else name or address,
        basis=part.basis,
        leave_page=page,
        leave_address=address,
        subscribe_page=head.subscribe,
    )


def leave(context: ChannelContext) -> str:
    """Whom to write to, to get no more of it."""
    own = context.settings.get("reply_to", "").strip() or context.settings.get("sender", "").strip()
    return own or (context.mailer.sender if context.mailer else "")
