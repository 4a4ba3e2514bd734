"""The kinds of notices: for each what happened, what it means, and what to press."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from commsched.core.text.messages import N_
from commsched.store.models import Notice

ITEM, DECIDE, HOME, CHANNELS, CONSENTS, PASSWORD = "item", "decide", "home", "channels", "consents", "password"
TALK, TIMES, CALENDAR, WATCH, HAND = "talk", "times", "calendar", "watch", "hand"
INBOX, MAIL = "inbox", "mail"
PATHS: Final = {
    ITEM: "/w/{slug}/items/{item}",
    TALK: "/w/{slug}/items/{item}#talk",
    DECIDE: "/a/{token}",
    HOME: "/w/{slug}/",
    CHANNELS: "/w/{slug}/channels/",
    CONSENTS: "/w/{slug}/pictures/consents",
    PASSWORD: "/password/{token}",
    TIMES: "/w/{slug}/times/",
    CALENDAR: "/w/{slug}/calendar/",
    WATCH: "/w/{slug}/comments/",
    HAND: "/w/{slug}/by-hand/{delivery}",
    MAIL: "/w/{slug}/mail-server/",
    INBOX: "/w/{slug}/inbox/{message}",
}
"""Where the button leads."""


class Kind(msgspec.Struct, frozen=True):
    """One kind of letter, in msgids. ``to`` names the button's place in :data:`PATHS`."""

    subject: str
    what: str
    means: str
    press: str
    to: str = ITEM
    shows_item: bool = True
    """Whether the letter shows how the item begins."""


KINDS: Final[Mapping[str, Kind]] = {
    "asked_to_approve": Kind(
        N_("%(who)s asks you to approve: %(brief)s"),
        N_("%(by)s asks you to approve “%(title)s”."),
        N_("Nothing goes out until you have said yes. What the page shows is exactly what will be published."),
        N_("Read and decide"),
        DECIDE,
    ),
    "reminder": Kind(
        N_("Still waiting for you: %(title)s"),
        N_("“%(title)s” still waits for your approval."),
        N_("If nobody has said yes when its time comes, it is held and does not go out."),
        N_("Read and decide"),
        DECIDE,
    ),
    "nudged": Kind(
        N_("%(who)s reminds you: %(brief)s"),
        N_("%(by)s reminds you that “%(title)s” waits for you."),
        N_("If nobody has said yes when its time comes, it is held and does not go out."),
        N_("Read and decide"),
        DECIDE,
    ),
    "asked_to_accept": Kind(
        N_("%(by)s has changed: %(title)s"),
        N_("%(by)s has written in “%(title)s”. Do you accept it?"),
        N_(
            "Nobody approves their own words. When you have read and accepted what %(by)s wrote, %(by)s can "
            "approve it. "
            "Nothing goes out before that."
        ),
        N_("See what has changed"),
    ),
    "commented": Kind(
        N_("Said about %(title)s"),
        N_("%(by)s has said something about “%(title)s”."),
        N_("Answer on its page, so that the others see it too."),
        N_("Read and answer"),
        TALK,
        shows_item=False,
    ),
    "held": Kind(
        N_("Did not go out: %(title)s"),
        N_("“%(title)s” is held and has not gone out%(where)s."),
        N_("Nothing more happens by itself. Choose whether to send it, give it another time or drop it."),
        N_("Choose what to do"),
    ),
    "failed": Kind(
        N_("Failed: %(title)s"),
        N_("“%(title)s” could not be published%(where)s."),
        N_("It is not tried again by itself. Look at the answer, correct what is wrong and try again."),
        N_("See what went wrong"),
    ),
    "by_hand": Kind(
        N_("Post by hand: %(title)s"),
        N_("It is time to post “%(title)s”%(where)s by hand."),
        N_(
            "Its page has the text, the files and the steps. When you have posted it, say so there. If nobody has by "
            "its latest time, it is held and counts as not done."
        ),
        N_("Open the task"),
        HAND,
    ),
    "unknown_ask": Kind(
        N_("Did it go out? %(title)s"),
        N_("We do not know whether “%(title)s” went out%(where)s."),
        N_(
            "The connection broke before the answer came. So that nothing is published twice, it is not sent again "
            "before that is known. Look at the channel, then say whether it is there."
        ),
        N_("Answer yes or no"),
    ),
    "changes_requested": Kind(
        N_("Sent back: %(title)s"),
        N_("%(by)s wants something changed in “%(title)s”."),
        N_("It does not go out until it has been approved. When you have changed it, send it for approval again."),
        N_("Open and change"),
    ),
    "approved": Kind(
        N_("Approved: %(title)s"), N_("%(by)s has approved “%(title)s”."), "", N_("Open"), shows_item=False
    ),
    "proposed": Kind(
        N_("Other words proposed: %(title)s"),
        N_("%(by)s proposes other words in “%(title)s”."),
        N_("Take them with one press, or write on yourself. It does not go out until it has been approved."),
        N_("See the proposal"),
    ),
    "fact_right": Kind(
        N_("It is right: %(title)s"),
        N_("%(by)s says that what you asked about in “%(title)s” is right."),
        "",
        N_("See it"),
        shows_item=False,
    ),
    "fact_wrong": Kind(
        N_("It is not right: %(title)s"),
        N_("%(by)s says that what you asked about in “%(title)s” is not right."),
        N_("The answer stands beside its sources. Nothing else has changed: what is approved goes out as it is."),
        N_("Read and change"),
        shows_item=False,
    ),
    "to_be_mended": Kind(
        N_("To be mended: %(title)s"),
        N_("%(by)s has looked at “%(title)s”, which was released without approval: something is to be mended."),
        N_("What stands on your own pages is mended with a correction, or taken down. What waits can be stopped."),
        N_("Open and change"),
    ),
    "decision_undone": Kind(
        N_("Taken back: %(title)s"),
        N_("%(by)s has taken back what they had decided about “%(title)s”."),
        N_("It waits for approval again, as before. Nothing of it has gone out."),
        N_("Open"),
        shows_item=False,
    ),
    "bypass_used": Kind(
        N_("Released without approval: %(title)s"),
        N_("%(by)s has released “%(title)s” without approval."),
        N_(
            "An emergency release is possible so that the office can answer in a hurry. It is on the record, and "
            "you are told because you would have approved it. What has not gone out yet can still be stopped."
        ),
        N_("See it"),
    ),
    "taken_down": Kind(
        N_("Taken down: %(title)s"),
        N_("%(by)s has taken down “%(title)s”."),
        N_(
            "It is gone from the newsroom, the feeds and what search engines are given. Its page here says, channel by "
            "channel, what is gone and what somebody must take down by hand."
        ),
        N_("See it"),
    ),
    "remove_by_hand": Kind(
        N_("Take down by hand: %(title)s"),
        N_("“%(title)s” still stands on %(channel)s, and could not be taken down from here."),
        N_("Open it there and take it down, then say on its page that you have."),
        N_("See where it stands"),
        shows_item=False,
    ),
    "token_expiring": Kind(
        N_("Access to %(channel)s runs out"),
        N_("The access to %(channel)s runs out %(expires)s."),
        N_(
            "After that nothing can be published there. Connecting again takes a few minutes, and what is scheduled "
            "stays as it is."
        ),
        N_("Connect again"),
        CHANNELS,
        shows_item=False,
    ),
    "relay_refused": Kind(
        N_("The mail server does not let us in: %(relay)s"),
        N_("The mail server %(relay)s refuses the sign-in."),
        N_(
            "Nothing is lost: every list that sends through it waits, and goes on by itself as soon as the password or "
            "the sign-in is set right. This is said once."
        ),
        N_("Set it right"),
        MAIL,
        shows_item=False,
    ),
    "access_died": Kind(
        N_("Access to %(channel)s has died"),
        N_("%(channel)s no longer lets the office in."),
        N_(
            "Nothing can be published there until it is connected again, which takes a few minutes. What falls due "
            "meanwhile is held."
        ),
        N_("Connect again"),
        CHANNELS,
        shows_item=False,
    ),
    "consent_ending": Kind(
        N_("A consent runs out within %(days)s days"),
        N_("A consent to be shown in pictures runs out within %(days)s days."),
        N_(
            "After that day nothing goes out with the picture, and it is no longer shown on your own pages. "
            "What is out "
            "in other channels must be taken down by hand. Ask whether they still agree, or choose another picture."
        ),
        N_("See the consents"),
        CONSENTS,
        shows_item=False,
    ),
    "paused": Kind(
        N_("Everything is paused"),
        N_("%(by)s has paused everything."),
        N_("Nothing goes out until somebody resumes. What falls due meanwhile is kept and asked about."),
        N_("Open the office"),
        HOME,
        shows_item=False,
    ),
    "resumed": Kind(
        N_("The pause is over"),
        N_("%(by)s has ended the pause."),
        N_("Things go out at their times again. What fell due meanwhile waits for a choice, item by item."),
        N_("Open the office"),
        HOME,
        shows_item=False,
    ),
    "scheduler_stopped": Kind(
        N_("Nothing is being published right now"),
        N_("The scheduler has stopped: nothing goes out."),
        N_(
            "What is scheduled waits until this is mended, and what has become too late by then is held and asked "
            "about. Tell whoever runs this installation. You get one more mail when all is well again."
        ),
        N_("Open the office"),
        HOME,
        shows_item=False,
    ),
    "overdue": Kind(
        N_("Something has not gone out in time"),
        N_("Something that should have gone out still waits."),
        N_(
            "The scheduler has not sent it, and has not said why. Tell whoever runs this installation. If it must be "
            "said now, cancel it here first and say it yourselves, so that it is not said twice."
        ),
        N_("See what waits"),
        HOME,
        shows_item=False,
    ),
    "pages_stopped": Kind(
        N_("The pages do not answer"),
        N_("The pages have stopped, but the scheduler goes: what is scheduled goes out."),
        N_("Nobody can write, approve or pause until they are started again. Tell whoever runs this installation."),
        N_("Open the office"),
        HOME,
        shows_item=False,
    ),
    "well_again": Kind(
        N_("All is well again"),
        N_("The scheduler goes again."),
        N_(
            "Things go out at their times. Look at the first page: what became too late meanwhile waits there for an "
            "answer."
        ),
        N_("Open the office"),
        HOME,
        shows_item=False,
    ),
    "times_shifted": Kind(
        N_("Planned times have shifted"),
        N_("Some of what is planned now means another moment than when it was set."),
        N_(
            "The rules of the time zone, or the office's time zone, were changed. Until somebody chooses, everything "
            "goes out at the same moment as before, but the clock will show another time then."
        ),
        N_("See and choose"),
        TIMES,
        shows_item=False,
    ),
    "comment_words": Kind(
        N_("A comment to look at"),
        N_("Somebody has written words of your list under your posts."),
        N_("Look at it soon: who runs a page answers for taking certain things away. %(count)s to look at."),
        N_("See the comments"),
        WATCH,
        shows_item=False,
    ),
    "comments_wait": Kind(
        N_("Comments wait to be seen"),
        N_("Under your posts stand comments that nobody has looked at for %(hours)s hours."),
        N_("An evening round takes a few minutes: see them, hide what should not stand there. %(count)s to look at."),
        N_("See the comments"),
        WATCH,
        shows_item=False,
    ),
    "inbox_assigned": Kind(
        N_("A mail to answer"),
        N_("%(by)s asks you to answer a mail in the inbox."),
        N_("It waits under your name until you have answered it, put it aside or given it to somebody else."),
        N_("Read and answer"),
        INBOX,
        shows_item=False,
    ),
    "inbox_came": Kind(
        N_("An answer has come"),
        N_("In a conversation that is yours, somebody has written again."),
        N_("It waits under your name until you have answered it, put it aside or given it to somebody else."),
        N_("Read and answer"),
        INBOX,
        shows_item=False,
    ),
    "week": Kind(
        N_("The week: %(week)s"),
        N_("This is what is planned this week."),
        "",
        N_("Open the calendar"),
        CALENDAR,
        shows_item=False,
    ),
    "morning": Kind(
        N_("Today, %(day)s"),
        N_("Good morning. This is how the day looks."),
        "",
        N_("Open the office"),
        HOME,
        shows_item=False,
    ),
    "invited": Kind(
        N_("You are let in: %(place)s"),
        N_("%(by)s has let you in to %(place)s."),
        N_(
            "Choose a password, and you are signed in at once. The link is for you alone: it works once, for three "
            "days."
        ),
        N_("Choose a password"),
        PASSWORD,
        shows_item=False,
    ),
    "new_password": Kind(
        N_("A new password for %(place)s"),
        N_("Here you choose a new password for %(email)s."),
        N_(
            "The link is for you alone: it works once, for three days. If you did not ask for it, do nothing: the "
            "password you have still holds."
        ),
        N_("Choose a password"),
        PASSWORD,
        shows_item=False,
    ),
}

_NAMED: Final = Kind(
    N_("%(by)s has named you: %(title)s"),
    N_("%(by)s has named you in a comment on “%(title)s”."),
    N_("Answer on its page, so that the others see it too."),
    N_("Read and answer"),
    TALK,
    shows_item=False,
)


_PARTLY: Final = Kind(
    N_("Did not reach everybody: %(title)s"),
    N_("“%(title)s” did not reach everybody%(where)s."),
    N_("It is not tried again by itself. Look at who did not get it, and choose what to do."),
    N_("See who did not get it"),
)


def kind_of(row: Notice) -> Kind:
    """The letter of a notice: a comment that names its reader has words of its own, and so has what some have got."""
    if row.kind == "failed" and int(row.facts.get("out") or 0):
        return _PARTLY
    return _NAMED if row.kind == "commented" and row.facts.get("named") else KINDS[row.kind]
