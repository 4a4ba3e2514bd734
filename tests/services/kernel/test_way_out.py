"""The way out through a company's proxy: read at the start, used by every channel, and told of by doctor."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from msgspec.structs import replace

from commsched.bootstrap import open_installation
from commsched.core.text.messages import Invalid
from commsched.services.kernel import way_out
from commsched.services.kernel.channel_context import session_for
from commsched.services.kernel.context import Installation
from commsched.services.ops.doctor import examine


@pytest.mark.parametrize(
    "url", ["proxy.example:3128", "socks5://proxy.example", "http://", "http://who:secret@h:port", "ja"]
)
def test_a_proxy_that_is_none_is_told_at_the_start_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(Invalid) as refused:
        open_installation(tmp_path, https_proxy=url)
    assert refused.value.field == "https_proxy"
    assert "secret" not in str(refused.value)
    assert not (tmp_path / "commsched.db").exists(), "settings are judged before a database is opened or brought up"


@pytest.mark.parametrize("content", [None, "", "not a certificate"])
def test_an_authority_that_cannot_be_read_is_told_at_the_start(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(Invalid, match=r"ca\.pem"):
        open_installation(tmp_path, ca_file=str(path))
    assert not (tmp_path / "commsched.db").exists()


def test_both_reach_the_session_of_every_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMMSCHED_HTTPS_PROXY", "http://proxy.example:3128")
    installation = open_installation(tmp_path)
    assert installation.http(False).proxies == {"https": "http://proxy.example:3128"}
    assert installation.http(True).proxies == {}
    installation.store.close()


@pytest.mark.parametrize(
    ("address", "ports"),
    [
        ("https://mastodon.example:8443", {443, 8443}),
        ("mastodon.example:8443", {443, 8443}),
        ("https://mastodon.example", {443}),
        ("https://mastodon.example:nej", {443}),
        ("", {443}),
    ],
)
def test_a_channel_may_ask_for_the_port_in_its_own_address(
    installation: Installation, address: str, ports: set[int]
) -> None:
    assert getattr(session_for(installation, {"base_url": address}), "ports", None) == ports
    assert getattr(session_for(installation, {}), "ports", None) == {443}


def test_doctor_says_where_calls_go_and_whether_the_proxy_answers(installation: Installation) -> None:
    def said(**settings: str) -> list[tuple[str, str]]:
        found = examine(replace(installation, settings=installation.settings | settings))
        return [(one.level, str(one.words)) for one in found if one.name == "way out"]

    assert said() == []
    with socket.socket() as proxy:
        proxy.bind(("127.0.0.1", 0))
        proxy.listen(1)
        where = f"127.0.0.1:{proxy.getsockname()[1]}"
        assert said(https_proxy=f"http://user:word@{where}") == [
            ("ok", f"Calls to the networks go through the proxy {where}.")
        ]
    [(level, words)] = said(https_proxy=f"http://user:word@{where}")
    assert level == "fail"
    assert "does not answer" in words
    assert "word@" not in words


def test_an_authority_is_read(tmp_path: Path) -> None:
    import certifi

    assert way_out.authority_of({"ca_file": certifi.where()}) == certifi.where()
