"""The record in words: one sentence for each thing that can happen, from the facts that were kept."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Final

from commsched.core.delivery.lifecycle import REASONS
from commsched.core.text.messages import N_
from commsched.core.timing import dates
from commsched.services.kernel.context import name_of
from commsched.store.models import AuditEntry
from commsched.web.http.badges import ROLE_WORDS
from commsched.web.http.i18n import _
from commsched.web.http.request_context import language

STORY: Final = {
    "approval.lapsed": N_("asked again: the new time lies outside what %(names)s had approved"),
    "approval.passed_on": N_("passed on what waited for %(name)s: it now waits for %(names)s"),
    "approval.bypassed": N_("let it out without approval, because: %(reason)s"),
    "approval.voided": N_("changed what had been approved, so the approval no longer stands"),
    "approval.withdrawn": N_("took the approval back"),
    "approval.undone": N_("took back at once what they had decided, and it waits for approval again"),
    "contact.data_taken": N_("took out what is kept of a press contact, for them"),
    "contact.erased": N_("erased everything about a press contact"),
    "contact.erased_by_link": N_("erased everything about a press contact, who had asked for it"),
    "channel.connected": N_("connected the channel %(name)s (%(account)s)"),
    "channel.list_changed": N_("changed the addresses of %(name)s, which are now %(count)s"),
    "channel.list_opened": N_("opened the addresses of %(name)s"),
    "channel.recipient_forgotten": N_("took one recipient off %(name)s, and keeps nothing of them"),
    "channel.recipient_unsubscribed": N_("noted that one recipient of %(name)s wants no more mail"),
    "channel.recipient_bounced": N_("noted that one recipient of %(name)s can no longer be reached"),
    "channel.segment": N_("changed whom the list %(name)s is for, which fills itself"),
    "contact.added": N_("added a press contact"),
    "contact.changed": N_("changed a press contact"),
    "contact.basis": N_("wrote down why a press contact gets mail"),
    "contact.removed": N_("took a press contact away, from every list too"),
    "contacts.exported": N_("took out %(count)s press contacts as a file: %(name)s"),
    "contacts.imported": N_("imported press contacts from %(name)s: %(added)s new, %(changed)s changed"),
    "channel.policy": N_("changed who must approve for %(name)s"),
    "channel.works_again": N_("found that the channel %(name)s works again"),
    "channel.access_died": N_("found that the channel %(name)s no longer lets us in"),
    "channel.reconnected": N_("gave the channel %(name)s a new access"),
    "channel.removed": N_("took the channel %(name)s out of use"),
    "channel.renamed": N_("renamed the channel %(was)s to %(name)s"),
    "delivery.absent": N_("read back after the restore that it had not gone out in %(channel)s"),
    "delivery.cancelled": N_("stopped it in %(channel)s: %(reason)s"),
    "delivery.doubted": N_("reads back after the restore whether it went out in %(channel)s"),
    "delivery.dropped": N_("chose not to send it"),
    "delivery.failed": N_("could not publish in %(channel)s: %(reason)s"),
    "delivery.halted": N_("paused the mailing; %(out)s of %(of)s had got it"),
    "delivery.missing_sent": N_("let the mailing go on to %(count)s who had not got it"),
    "coverage.added": N_("noted an article in %(outlet)s"),
    "coverage.removed": N_("took away an article that was noted: %(link)s"),
    "item.correction_stopped": N_("stopped what had not gone out, to correct it; %(out)s of %(of)s had got it"),
    "item.follow_up_begun": N_("began a mailing to those who have not got it"),
    "delivery.handed_out": N_("handed it out to be posted by hand in %(channel)s"),
    "delivery.posted_by_hand": N_("has posted it by hand in %(channel)s"),
    "delivery.not_posted": N_("said that it was not posted by hand in %(channel)s"),
    "delivery.held": N_("held it in %(channel)s: %(reason)s"),
    "delivery.published": N_("published in %(channel)s"),
    "delivery.recovered": N_("found a call to %(channel)s that was cut off, and reads back whether it went out"),
    "delivery.resolved": N_("answered whether it went out: %(answer)s"),
    "delivery.sent_again": N_("chose to send it again"),
    "delivery.skipped": N_(
        "wrote nothing to recipients of %(channel)s who had left the list since the approval; they were %(count)s"
    ),
    "delivery.unknown": N_("does not know whether it went out in %(channel)s"),
    "deputy.ended": N_("ended a deputy's right"),
    "deputy.set": N_("let %(deputy_name)s approve in place of %(name)s"),
    "fact.asked": N_("asked %(name)s, who has no account, to check some words"),
    "fact.revoked": N_("took back the question to %(name)s"),
    "fact.right": N_("answered by a link: it is right"),
    "fact.wrong": N_("answered by a link: it is not right"),
    "channel.proved": N_("proved %(name)s on the network itself: %(formats)s"),
    "news_feed.added": N_("began to read the feed %(name)s"),
    "news_feed.on": N_("began to read the feed %(name)s again"),
    "news_feed.off": N_("stopped reading the feed %(name)s"),
    "news_feed.removed": N_("removed the feed %(name)s"),
    "feed.created": N_("made a private calendar address"),
    "feed.revoked": N_("ended a private calendar address"),
    "inbox.answered": N_("answered message %(message)s in the inbox"),
    "inbox.assigned": N_("said who answers message %(message)s in the inbox"),
    "inbox.back": N_("said that message %(message)s waits for an answer after all"),
    "inbox.bounced": N_("stopped sending to contact %(contact)s, whose mail came back"),
    "inbox.decided": N_("said whether the answer to message %(message)s went out"),
    "inbox.done": N_("put message %(message)s in the inbox aside"),
    "inbox.erased": N_("forgot %(count)s messages that were older than the office keeps them"),
    "inbox.mailbox_removed": N_("stopped reading a mailbox on %(host)s"),
    "inbox.mailbox_set": N_("set up a mailbox on %(host)s"),
    "inbox.restored": N_("let an address that had bounced be written to again (message %(message)s)"),
    "inbox.settings": N_("changed how long messages are kept: %(months)s months"),
    "item.accepted": N_("accepted what %(names)s had written"),
    "item.approved": N_("approved"),
    "item.cancelled": N_("cancelled"),
    "item.commented": N_("commented"),
    "item.confidential": N_("made it confidential: %(count)s people see it"),
    "item.opened": N_("let everybody in the office see it again"),
    "item.taken_over": N_("took over a confidential item, as an administrator"),
    "item.correction_begun": N_("began writing a correction"),
    "item.created": N_("began writing"),
    "item.duplicated": N_("began from a copy of “%(title)s”"),
    "presskit.person": N_("kept %(name)s in the press kit"),
    "presskit.removed": N_("took %(name)s out of the press kit"),
    "item.posts_proposed": N_("had posts proposed from “%(title)s”"),
    "item.edited": N_("edited; this is version %(revision)s"),
    "item.embargo_changed": N_("changed the embargo of what the press had got already, to %(wall)s"),
    "item.held": N_("held: %(reason)s"),
    "item.moved": N_("moved to %(wall)s"),
    "item.preview_ended": N_("ended the secret address for reading it under embargo"),
    "item.preview_made": N_("made a new secret address for reading it under embargo"),
    "item.put_back": N_("put it back on the office's own pages"),
    "item.reminded": N_("reminded %(names)s"),
    "item.restored": N_("took version %(revision)s back"),
    "item.scheduled": N_("scheduled for %(wall)s"),
    "item.sent_back": N_("sent back with a wish for changes"),
    "item.submitted": N_("sent for approval"),
    "item.taken_down": N_("took it down: %(reason)s"),
    "item.erased": N_("took down what had been published in error: %(reason)s"),
    "item.moved_away": N_("said where it stands now, %(to)s: %(reason)s"),
    "removal.again": N_("tries to take it down from %(channel)s again"),
    "removal.confirmed": N_("has taken it down from %(channel)s by hand"),
    "removal.gone": N_("took it down from %(channel)s"),
    "removal.refused": N_("could not take it down from %(channel)s; somebody must"),
    "item.undone": N_("took back what they had just done"),
    "mentions.kept": N_("wrote %(name)s in the mention book"),
    "mentions.removed": N_("took %(name)s out of the mention book"),
    "plan.shared": N_("made a link to the plan"),
    "plan.unshared": N_("ended the link to the plan"),
    "office.paused": N_("paused everything: %(reason)s"),
    "office.pause_reason": N_("said why everything is paused: %(reason)s"),
    "office.restored": N_("restored the office from a backup"),
    "office.resumed": N_("resumed; %(held)s held for a choice"),
    "person.deactivated": N_("shut %(name)s out"),
    "mail.server_removed": N_("took the mail server %(host)s away, so no mail is sent"),
    "app.set": N_("entered the installation's app on %(platform)s"),
    "app.removed": N_("took away the installation's app on %(platform)s"),
    "mail.key_made": N_("made the key %(selector)s that the mail of %(domain)s is signed with"),
    "mail.key_used": N_("The mail of %(domain)s is signed with the key %(selector)s"),
    "mail.key_removed": N_("forgot the key %(selector)s of %(domain)s"),
    "mail.server_set": N_("set the mail server %(host)s, from %(sender)s"),
    "person.added": N_("let in %(name)s as %(role)s"),
    "person.password_changed": N_("changed their password"),
    "person.password_link": N_("made a link for a new password for %(name)s"),
    "person.password_set": N_("gave %(name)s a new password"),
    "person.removed": N_("took %(name)s out of the office"),
    "person.renamed": N_("changed their name from %(was)s to %(name)s"),
    "person.role": N_("gave %(name)s the role %(role)s"),
    "person.session_ended": N_("ended one of their sign-ins"),
    "person.signed_in": N_("signed in"),
    "person.signed_out": N_("signed out"),
    "picture.added": N_("added a picture"),
    "picture.cropped": N_("moved the crops of a picture"),
    "picture.described": N_("described a picture"),
    "picture.removed": N_("deleted pictures that nothing used: %(count)s (%(size)s)"),
    "proposal.made": N_("proposed other words"),
    "proposal.taken": N_("took the words that %(names)s had proposed"),
    "proposal.followed": N_("approved beforehand exactly the words that %(names)s took"),
    "proposal.declined": N_("said no to the words that %(names)s had proposed"),
    "release.fine": N_("has seen what was let out without approval, and it is in order"),
    "release.mend": N_("has seen what was let out without approval, and it is to be mended"),
    "token.created": N_("made the key “%(name)s” for a program"),
    "token.revoked": N_("ended the key “%(name)s”"),
    "document.added": N_("attached a document"),
    "video.added": N_("added a video"),
    "video.poster": N_("chose another poster for a video"),
    "video.removed": N_("deleted the video %(name)s"),
    "watch.answered": N_("answered a comment on %(channel)s"),
    "watch.erased": N_("forgot the words and writers of %(count)s comments older than %(days)s days"),
    "watch.failed": N_("tried to act on comment %(comment)s on %(channel)s, which did not confirm it"),
    "watch.hid": N_("hid comment %(comment)s on %(channel)s"),
    "watch.looked": N_("looked at the comments: %(count)s new, %(left)s left"),
    "watch.ready": N_("wrote a ready answer"),
    "watch.ready_approved": N_("approved a ready answer"),
    "watch.ready_ended": N_("took a ready answer away"),
    "watch.reported": N_("reported comment %(comment)s to %(channel)s"),
    "watch.settings": N_("changed the watch: %(words)s words, told after %(hours)s hours, kept %(days)s days"),
    "watch.showed": N_("showed comment %(comment)s on %(channel)s again"),
    "watch.unseen": N_("marked comment %(comment)s as not seen"),
    "workspace.brand": N_("changed the office's look"),
    "workspace.created": N_("opened the office"),
    "workspace.font_added": N_("added the font %(family)s"),
    "workspace.font_removed": N_("removed the font %(family)s"),
    "workspace.policy": N_("changed who must approve"),
    "workspace.settings": N_("changed the office's settings"),
}
"""After the name of who did it. The scheduler does things too."""

ANSWERS: Final = {"published": N_("it is out"), "not_published": N_("it did not go out")}

GROUPS: Final = {
    "item": N_("Writing"),
    "approval": N_("Approval"),
    "delivery": N_("Publishing"),
    "person": N_("People and sign-in"),
    "channel": N_("Channels"),
    "office": N_("Pause"),
    "watch": N_("Comments"),
    "inbox": N_("Inbox"),
    "workspace": N_("Settings"),
}
"""What the record can be narrowed to: the first half of an action."""

ICONS: Final = {
    "item": "pen-line",
    "approval": "circle-check",
    "delivery": "send",
    "person": "user",
    "channel": "radio",
    "office": "pause",
    "workspace": "settings",
    "deputy": "users",
    "proposal": "message-square-diff",
    "release": "siren",
    "removal": "eye-off",
    "watch": "message-circle",
    "inbox": "inbox",
    "fact": "badge-check",
    "token": "key-round",
    "feed": "calendar",
    "picture": "image",
    "document": "file-text",
    "video": "clapperboard",
}


OF_RECIPIENTS: Final = N_("answered whether it reached recipient %(recipients)s: %(answer)s")


PAUSED: Final = N_("paused everything")


def sentence(entry: AuditEntry) -> str:
    """What happened, after the name of who did it; an action nobody has described is shown as it is named."""
    if entry.action == "office.paused" and not entry.facts.get("reason"):
        return _(PAUSED)
    story = OF_RECIPIENTS if entry.facts.get("recipients") else STORY.get(entry.action)
    return _(story, **_Facts(entry.facts)) if story and "%(" in story else _(story) if story else entry.action


def who(entry: AuditEntry) -> str:
    if entry.actor_id is None and entry.actor == "scheduler":
        return _("The scheduler")
    return name_of(entry.actor, language())


def icon_of(entry: AuditEntry) -> str:
    return ICONS.get(entry.action.partition(".")[0], "circle")


def _wall(text: str) -> str:
    """``2026-11-30T14:05`` as ``mån 30 nov 2026 14:05``: the record is read for years."""
    try:
        wall = datetime.fromisoformat(text)
    except ValueError:
        return text
    return f"{dates.short_day(wall.date(), language(), year=True)} {wall:%H:%M}"


class _Facts(dict[str, object]):
    """Facts as words: codes are told, and what an older line did not keep is a dash."""

    def __init__(self, facts: dict[str, object]) -> None:
        words: defaultdict[str, object] = defaultdict(lambda: "–", facts)
        for key, table in (("reason", REASONS), ("role", ROLE_WORDS), ("answer", ANSWERS)):
            code = facts.get(key)
            if isinstance(code, str) and code in table:
                words[key] = _(table[code]).lower() if key == "role" else _(table[code])
        if "wall" in facts:
            words["wall"] = _wall(str(facts["wall"]))
        needed = (
            "reason",
            "channel",
            "name",
            "account",
            "was",
            "answer",
            "deputy_name",
            "title",
            "revision",
            "wall",
            "held",
            "role",
            "to",
        )
        super().__init__({key: words[key] for key in (*needed, *facts)})
