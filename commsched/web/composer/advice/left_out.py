"""What is typed and would not be in the draft that is saved, named one by one: so that nothing vanishes without a word.

A channel that is not chosen has no text and no time of its own in a draft, and a latest time needs a time to be later
than. Each stands in the form as long as its page does, and is told as long as it stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from commsched.core.platform.contract import Platform
from commsched.core.text.clean import clean
from commsched.core.text.messages import N_, Problem, warn
from commsched.store.models import Channel
from commsched.web.composer.fields import Fields
from commsched.web.composer.parse import Meant

UNCHOSEN = N_("What is written for %(name)s alone is not kept in the draft: the channel is not chosen.")
SWITCHED_OFF = N_("The text for %(name)s alone is not kept in the draft: “Another text” is not ticked there.")
NO_TIME = N_("The time for %(name)s alone is not kept in the draft: the channel is not chosen.")
LATEST = N_("The latest time is not kept in the draft: there is no time for it to go out.")
PICTURE = N_("A picture was removed from the picture bank meanwhile and is not in the draft: %(alt)s")
VIDEO = N_("A video was removed from the picture bank meanwhile and is not in the draft: %(alt)s")
CHANNEL = N_("A channel was removed meanwhile and is not in the draft.")


def left_out(
    fields: Fields, meant: Meant, channels: Mapping[int, Channel], platform: Callable[[str], Platform]
) -> list[Problem]:
    """Everything of ``fields`` that ``meant`` does not keep; ``meant.draft`` is without what has been removed."""
    return [*_of_channels(fields, channels, platform), *_latest(fields, meant), *_removed(fields, meant)]


def _of_channels(
    fields: Fields, channels: Mapping[int, Channel], platform: Callable[[str], Platform]
) -> Iterator[Problem]:
    for number, channel in channels.items():
        chosen, text = number in fields.channels, fields.own.get(number, fields.kept.get(number, ""))
        written = bool(text.strip()) and clean(text).strip() != clean(fields.texts["text"]).strip()
        if not chosen and (written or _has_words(fields.options.get(number, {}), platform(channel.platform))):
            yield warn("channels", UNCHOSEN, name=channel.name)
        elif chosen and written and number not in fields.own:
            yield warn("channels", SWITCHED_OFF, name=channel.name)
        if not chosen and fields.times.get(number) is not None:
            yield warn("channels", NO_TIME, name=channel.name)


def _has_words(options: Mapping[str, str], platform: Platform) -> bool:
    """Whether somebody has written in a channel's own fields; what is ticked or chosen there is no text."""
    texts = [option for option in platform.options if option.kind not in ("bool", "choice")]
    return any(options.get(option.key, "").strip() not in ("", option.default) for option in texts)


def _latest(fields: Fields, meant: Meant) -> Iterator[Problem]:
    if fields.latest.value and meant.times.latest is None and not {"latest_at", "publish_at"} & set(meant.faults):
        yield warn("latest_at", LATEST)


def _removed(fields: Fields, meant: Meant) -> Iterator[Problem]:
    """What was removed since its page was opened, with what was typed of it."""
    draft, faults = meant.draft, meant.faults
    if "channels" not in faults and not set(fields.channels) <= set(draft.channel_ids):
        yield warn("channels", CHANNEL)
    media = {picture if isinstance(picture, int) else picture.id for picture in draft.media}
    for number, alt in fields.media if "pictures" not in faults else ():
        if number not in media:
            yield warn("media", PICTURE, alt=" · ".join(filter(None, (alt, fields.under.get(number, "")))) or "–")
    videos = {video.id for video in draft.attachments}
    for film in fields.videos if "attachments" not in faults else ():
        if film.id not in videos:
            yield warn("attachments", VIDEO, alt=film.alt or "–")
