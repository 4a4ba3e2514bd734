"""Links that lead into an office's own network are known by their address, however it is spelled."""

from __future__ import annotations

import pytest

from commsched.core.installation.inner_links import leads_inside, links_of


@pytest.mark.parametrize(
    "link",
    [
        "http://localhost:8080/w/x",
        "https://intranet/nyheter",
        "http://nas.local",
        "http://wiki.ljungby.internal/x",
        "http://fs1.kommun.lan/",
        "http://printer.home.arpa",
        "http://10.0.0.7/",
        "http://192.168.1.4:8000",
        "http://172.16.3.3",
        "http://169.254.169.254/latest/meta-data",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://0177.0.0.1",
        "http://[::1]/",
        "http://[fd00::1]/",
        "http://[::ffff:10.0.0.1]/",
        "HTTP://LOCALHOST/",
        "http://localhost./",
        "http://me:pass@10.0.0.1/",
    ],
)
def test_what_leads_inside_is_known_without_asking_anybody(link: str) -> None:
    assert leads_inside(link)


@pytest.mark.parametrize(
    "link",
    [
        "https://ljungpartiet.se/buss",
        "https://svt.se",
        "http://8.8.8.8/",
        "https://xn--ljung-0ra.se",
        "https://local.example.se",
        "mailto:x@localhost",
        "localhost",
        "http://[",
        "",
    ],
)
def test_everything_else_is_not_taken_for_it(link: str) -> None:
    assert not leads_inside(link)


def test_links_are_found_in_texts_without_what_closes_the_sentence() -> None:
    texts = ["Se (https://a.se/x_(y)), och http://10.0.0.1.", "https://a.se/x_(y)"]
    assert list(links_of(texts)) == ["https://a.se/x_(y)", "http://10.0.0.1"]
