"""Channels: how each stands, connecting one, giving it a new token, its own policy, taking it out of use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from flask import Blueprint, g, make_response, request
from werkzeug.wrappers import Response

from commsched.core.access.routes import allow
from commsched.core.approval.rules import Policy
from commsched.core.platform.contract import Platform
from commsched.core.platform.settings import Way
from commsched.core.text.messages import N_, NotFound
from commsched.services.accounts import people
from commsched.services.accounts.policies import from_policy
from commsched.services.channels import (
    apps,
    authorize,
    choice,
    connect,
    directory,
    entered,
    history,
    list_editing,
    manage,
    portraits,
)
from commsched.services.costs.spending import of_channel
from commsched.services.kernel import budgets, members
from commsched.services.kernel.apps import is_ready
from commsched.store.models import Channel
from commsched.web.channels import authorization
from commsched.web.channels.account_label import CALLS, account_word, budget_word
from commsched.web.components import grounds, left_out, mail_status, policy_form
from commsched.web.components.pictures import serve_portrait
from commsched.web.http.forms import Form
from commsched.web.http.i18n import _
from commsched.web.http.nav import NavEntry
from commsched.web.http.request_context import actor, installation, page
from commsched.web.http.responses import done

bp = Blueprint("channels", __name__, url_prefix="/w/<slug>/channels")
bp.add_app_template_global(account_word)
BY_USE: Final = (
    (N_("The office's own places"), ("newsroom", "presslist", "wordpress")),
    (
        N_("Networks"),
        ("facebook", "instagram", "mastodon", "bluesky", "threads", "linkedin", "x", "telegram"),
    ),
    (N_("Other ways"), ("folder", "sandbox", "by_hand", "webhook")),
)
"""What is offered, by use: an office connects its own places first, then where its readers are. A platform that is not
named here stands last among the networks."""
NAV = NavEntry("channels.index", N_("Channels"), "radio", order=60)


@bp.get("/")
@allow("read")
def index() -> str:
    channels = directory.channels(installation(), actor().workspace, archived="removed" in request.args)
    standing = {channel.id: directory.standing(channel, installation().now()) for channel in channels}
    paces = directory.paces(installation(), actor().workspace)
    for channel in channels:
        if standing[channel.id] == "ok" and channel.id in paces and paces[channel.id].fails:
            standing[channel.id] = "failing"
    return page("channels/index.html", channels=channels, standing=standing, paces=paces)


@bp.get("/new")
@allow("administer")
def choose() -> str:
    offered = _by_use(installation().platform_keys())
    groups = [(heading, [installation().platform(key) for key in keys]) for heading, keys in offered]
    return page("channels/choose.html", groups=groups)


def _by_use(keys: Collection[str]) -> Iterator[tuple[str, list[str]]]:
    """The platforms that there are, in the groups of :data:`BY_USE`."""
    named = {key for _heading, group in BY_USE for key in group}
    for heading, group in BY_USE:
        others = sorted(key for key in keys if key not in named) if "facebook" in group else []
        yield heading, [*(key for key in group if key in keys), *others]


def _settings(platform: Platform, form: Form, way: Way) -> Mapping[str, str]:
    """What was typed for the settings that the platform asks for in ``way``; nothing else is taken. A press list keeps
    its lines."""
    wanted = (s for s in entered.asked(platform, way) if s.key in form.typed)
    return {s.key: form.text(s.key, connect.longest(s)) for s in wanted}


def _way(platform: Platform, form: Form) -> Way:
    """The way that the form is for; without a word of it, pasted keys where the platform takes such."""
    return "oauth" if form.text("way", 10) == "oauth" or "keys" not in platform.connects else "keys"


@bp.get("/new/<key>")
@allow("administer")
def new(key: str) -> Response:
    return _form(installation().platform(key), Form())


@bp.post("/new/<key>")
@allow("administer")
def add(key: str) -> Response:
    platform, form = installation().platform(key), Form.read()
    with form.catch(folding=True):
        way = _way(platform, form)
        name, settings = form.text("name", 300), _settings(platform, form, way)
        if way == "oauth":
            browser = g.visitor.session
            address = authorize.begin(installation(), actor(), key, name, settings, session=browser)
            return authorization.leave(platform, address)
        channel = connect.connect(installation(), actor(), key, name, settings)
        return done(_said(channel), "channels.show", channel_id=channel.id)
    return _form(platform, form)


@bp.get("/<key>/callback")
@allow("administer")
def callback(key: str) -> Response:
    """Where a platform sends people back to, with its answer in the address."""
    platform, form = installation().platform(key), Form()
    if "oauth" not in platform.connects:
        raise NotFound(N_("There is no such page."))
    with form.catch(folding=True):
        came = authorize.finish(installation(), actor(), key, request.args.to_dict(), g.visitor.session)
        if isinstance(came, choice.Choice):
            return done("", "accounts.index", key=key, token=came.token)
        return done(_said(came), "channels.show", channel_id=came.id)
    return _form(platform, form)


def _people(platform: Platform) -> list[tuple[str, str]]:
    """Whom a field of the platform may choose among, by address and name."""
    if all(setting.kind != "person" for setting in platform.settings):
        return []
    with installation().store.read(actor().workspace) as session:
        return members.addresses_with(session, "resolve")


def _form(platform: Platform, form: Form, channel: Channel | None = None) -> Response:
    """The page with the connect form, or with the form that renews ``channel``; it may lead to the platform's own
    page."""
    kept = directory.settings_for(platform, channel)
    words = page(
        "channels/form.html",
        form=form,
        kind=platform,
        channel=channel,
        kept=kept,
        none_typed=Form(),
        people=_people(platform),
        app_ready=is_ready(installation(), platform),
        no_sign_in=platform.refuses_sign_in(installation().base_url) if "oauth" in platform.connects else "",
        may_set_apps=bool(platform.app) and apps.may_set(installation(), actor()),
    )
    answer = make_response(words, form.status)
    return authorization.may_leave(answer, platform, kept)


def _said(channel: Channel) -> str:
    if mail_status.mute(channel):
        return _("The addresses are kept, but no mail server is set: the list reaches nobody until one is.")
    if mail_status.filed(channel.platform):
        return _("Connected. This is a demo without a mail server: the mails are saved as files.")
    platform = installation().platform(channel.platform)
    if channel.account_name and not platform.own and not platform.by_person:
        return _("Connected: it answers as %(account)s.", account=channel.account_name)
    return _("Connected.")


def _show(channel: Channel, form: Form | None = None, policy: Form | None = None) -> str:
    members = people.members(installation(), actor().workspace)
    own = from_policy(channel.policy) if channel.policy else Policy()
    names = {m.person_id: m.person.name or m.person.email for m in members}
    return page(
        "channels/show.html",
        channel=channel,
        kind=installation().platform(channel.platform),
        form=form or Form(),
        state=directory.standing(channel, installation().now()),
        way=entered.way_of(installation().platform(channel.platform), channel),
        pace=directory.pace(installation(), actor().workspace, channel.id),
        held=directory.held_for_access(installation(), actor().workspace, channel.id),
        budgets=budgets.of_channel(installation(), actor().workspace, channel.id),
        CALLS=CALLS,
        budget_word=budget_word,
        calls=history.last_calls(installation(), actor().workspace, channel.id),
        has_portrait=portraits.portrait(installation(), channel.account_picture) is not None,
        approvers=policy_form.approvers(members),
        policy=policy or Form(policy_form.policy_fields(own, inherited=not channel.policy)),
        modes=policy_form.MODES,
        spending=of_channel(installation(), channel),
        has_list=directory.has_list(installation(), channel),
        steps=policy_form.STEPS,
        told=policy_form.describe_policy(own, names) if channel.policy else "",
    )


def _channel(channel_id: int) -> Channel:
    return directory.get(installation(), actor().workspace, channel_id)


@bp.get("/<int:channel_id>")
@allow("read")
def show(channel_id: int) -> str:
    return _show(_channel(channel_id))


@bp.get("/<int:channel_id>/picture")
@allow("read")
def picture(channel_id: int) -> Response:
    """The account's own picture, as it was fetched when it was connected."""
    file = portraits.portrait(installation(), _channel(channel_id).account_picture)
    if file is None:
        raise NotFound(N_("There is no picture."))
    return serve_portrait(file)


@bp.get("/<int:channel_id>/access")
@allow("administer")
def access(channel_id: int) -> Response:
    channel = _channel(channel_id)
    return _form(installation().platform(channel.platform), Form(), channel)


@bp.post("/<int:channel_id>/access")
@allow("administer")
def renew(channel_id: int) -> Response:
    channel, form = _channel(channel_id), Form.read()
    platform = installation().platform(channel.platform)
    with form.catch(folding=True):
        way = _way(platform, form)
        settings = _settings(platform, form, way)
        if way == "oauth":
            browser = g.visitor.session
            address = authorize.begin(installation(), actor(), platform.key, "", settings, channel_id, browser)
            return authorization.leave(platform, address)
        renewed = connect.reconnect(installation(), actor(), channel_id, settings, way)
        return done(_said(renewed), "channels.show", channel_id=channel_id)
    return _form(platform, form, channel)


@bp.get("/<int:channel_id>/addresses")
@allow("administer")
def addresses(channel_id: int) -> str:
    """The list of addresses, for changing; that it was opened is on the record."""
    kept = list_editing.open_list(installation(), actor(), channel_id)
    return _addresses(Form(), channel_id, kept)


@bp.post("/<int:channel_id>/addresses")
@allow("administer")
def change_addresses(channel_id: int) -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch(folding=True):
        text = form.text("addresses", connect.MOST_LIST)
        list_editing.change_list(installation(), actor(), channel_id, text, grounds.read(form))
        left_out.tell(channel_id, text)
        return done(_("The addresses are saved."), "channels.show", channel_id=channel_id)
    return _addresses(form, channel_id, ""), form.status


def _addresses(form: Form, channel_id: int, kept: str) -> str:
    channel = _channel(channel_id)
    return page("channels/addresses.html", form=form, channel=channel, kept=kept, usual_why=grounds.usual_why)


@bp.post("/<int:channel_id>/check")
@allow("administer")
def check(channel_id: int) -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch(folding=True):
        return done(
            _said(connect.check_again(installation(), actor(), channel_id)), "channels.show", channel_id=channel_id
        )
    return _show(_channel(channel_id), form), form.status


@bp.post("/<int:channel_id>/name")
@allow("administer")
def rename(channel_id: int) -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        manage.rename(installation(), actor(), channel_id, form.text("name", 300))
        return done(_("The channel has a new name."), "channels.show", channel_id=channel_id)
    return _show(_channel(channel_id), form), form.status


@bp.post("/<int:channel_id>/policy")
@allow("administer")
def policy(channel_id: int) -> str | Response | tuple[str, int]:
    form = Form.read()
    with form.catch():
        manage.set_policy(installation(), actor(), channel_id, policy_form.read(form))
        return done(_("From now on this is how it is approved."), "channels.show", channel_id=channel_id)
    return _show(_channel(channel_id), policy=form), form.status


@bp.post("/<int:channel_id>/remove")
@allow("administer")
def remove(channel_id: int) -> Response:
    manage.archive(installation(), actor(), channel_id)
    return done(_("The channel is taken out of use and its token forgotten."), "channels.index")
