"""``commsched app``: what networks know this installation by, from the machine's command line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from commsched.bootstrap import open_installation, read_settings
from commsched.core.installation.settings import BadSettings
from commsched.core.platform.settings import Setting
from commsched.platforms import get as platform_called
from commsched.services.kernel.apps import app_of

Run = Callable[..., Result]
APP = (Setting("client_id", "Client ID"), Setting("client_secret", "Client secret", secret=True))


@pytest.fixture(autouse=True)
def _mastodon_wants_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(platform_called("mastodon")), "app", APP)


def kept(home: Path) -> dict[str, str]:
    installation = open_installation(home)
    try:
        return app_of(installation, "mastodon")
    finally:
        installation.store.close()


def test_an_app_is_set_listed_and_removed(run: Run, founded: str, home: Path) -> None:
    assert "mastodon" in run("app", "list").stdout
    given = ("--set", "client_id=office", "--set", "client-secret=-")
    assert run("app", "set", "--platform", "mastodon", *given, stdin="s3cret\n").exit_code == 0
    assert kept(home) == {"client_id": "office", "client_secret": "s3cret"}
    listed = run("app", "list").stdout
    assert f"/w/{founded}/channels/mastodon/callback" in listed
    assert "s3cret" not in listed
    assert run("app", "remove", "--platform", "mastodon").exit_code == 0
    assert kept(home) == {}


def test_what_is_missing_or_unknown_is_named(run: Run, founded: str) -> None:
    missing = run("app", "set", "--platform", "mastodon", "--set", "client_id=office")
    assert missing.exit_code == 1
    assert "client_secret" in missing.stderr
    unknown = run("app", "set", "--platform", "mastodon", "--set", "id=office")
    assert unknown.exit_code == 1
    assert "client_id" in unknown.stderr


def test_the_settings_file_and_the_environment_win(
    run: Run, founded: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "commsched.toml").write_text('app_mastodon_client_id = "from-the-file"')
    monkeypatch.setenv("COMMSCHED_APP_MASTODON_CLIENT_SECRET", "from-the-environment")
    assert kept(home) == {"client_id": "from-the-file", "client_secret": "from-the-environment"}
    refused = run("app", "set", "--platform", "mastodon", "--set", "client_id=other", "--set", "client_secret=x")
    assert refused.exit_code == 1
    assert "app_mastodon_client_id" in refused.stderr


def test_an_apps_setting_is_a_text_like_any_other(home: Path) -> None:
    home.mkdir(exist_ok=True)
    (home / "commsched.toml").write_text("app_mastodon_client_id = 5")
    with pytest.raises(BadSettings, match="text"):
        read_settings(home)
