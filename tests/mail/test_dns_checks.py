"""SPF, DKIM, DMARC and MX as a receiver sees them, asked of a DNS server on this machine."""

from __future__ import annotations

import pytest

from commsched.mail import dns_checks
from commsched.mail.dns_checks import Look, NoDns, Record, Sends
from tests.mail.dns_server import Zone, serving

DOMAIN = "parti.example"
PUBLIC = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A" + "B" * 360
GOOD: Zone = {
    (DOMAIN, "TXT"): ['"google-site-verification=x"', '"v=spf1 include:spf.provider.example -all"'],
    (DOMAIN, "MX"): ["10 mx.provider.example."],
    ("spf.provider.example", "TXT"): ['"v=spf1 ip4:192.0.2.0/24 -all"'],
    ("_dmarc.parti.example", "TXT"): ['"v=DMARC1; p=quarantine"'],
    ("c1._domainkey.parti.example", "TXT"): [f'"v=DKIM1; k=rsa; p={PUBLIC[:200]}" "{PUBLIC[200:]}"'],
}
SENDS = Sends("spf.provider.example", (), (("c1", PUBLIC),))


def looked(zone: Zone, sends: Sends = SENDS, domain: str = DOMAIN) -> dict[str, Look]:
    with serving(zone) as server:
        return {look.name: look for look in dns_checks.check(domain, sends, dns_checks.resolver([server]))}


def test_what_is_right_is_said_to_be_right() -> None:
    looks = looked(GOOD)
    assert {look.state for look in looks.values()} == {"ok"}
    assert looks["spf"].words.params["count"] == 1
    assert {look.state for look in looked(GOOD, Sends("", ("192.0.2.7",), SENDS.keys)).values()} == {"ok"}


def test_what_lacks_is_told_with_the_exact_line() -> None:
    looks = looked({(DOMAIN, "A"): ["192.0.2.1"]})
    assert {name: look.state for name, look in looks.items()} == {
        "spf": "fail",
        "dkim": "fail",
        "dmarc": "fail",
        "mx": "warn",
    }
    assert looks["spf"].record == Record(DOMAIN, "TXT", "v=spf1 include:spf.provider.example ~all")
    assert looks["dkim"].record == Record("c1._domainkey.parti.example", "TXT", f"v=DKIM1; k=rsa; p={PUBLIC}")
    assert [len(string) for string in looks["dkim"].record.strings] == [255, len(PUBLIC) + 18 - 255]
    assert looks["dmarc"].record is not None
    assert looks["dmarc"].record.zone_line.startswith('_dmarc.parti.example. IN TXT "v=DMARC1; p=none; rua=')


@pytest.mark.parametrize(
    ("records", "sends", "state", "line"),
    [
        (["v=spf1 mx -all"], SENDS, "fail", "v=spf1 mx include:spf.provider.example -all"),
        (["v=spf1 mx -all"], Sends("", ("192.0.2.9",)), "fail", "v=spf1 mx ip4:192.0.2.9 -all"),
        (["v=spf1 mx -all", "v=spf1 ip4:192.0.2.9 ~all"], Sends(), "fail", "v=spf1 ip4:192.0.2.9 mx ~all"),
        (["v=spf1 mx"], Sends(), "warn", None),
        (["v=spf1 hej:hopp -all"], SENDS, "fail", None),
        ([f"v=spf1 {' '.join(f'a:h{n}.parti.example' for n in range(12))} -all"], SENDS, "fail", None),
    ],
)
def test_an_spf_record_is_judged_as_a_receiver_would(
    records: list[str], sends: Sends, state: str, line: str | None
) -> None:
    zone: dict[tuple[str, str], list[str]] = {(f"h{n}.parti.example", "A"): ["198.51.100.1"] for n in range(12)}
    zone |= {(DOMAIN, "MX"): ["10 mx.parti.example."], ("mx.parti.example", "A"): ["198.51.100.2"]}
    look = looked(zone | {(DOMAIN, "TXT"): [f'"{text}"' for text in records]}, sends)["spf"]
    assert look.state == state
    assert (look.record.value if look.record else None) == line


def test_too_many_look_ups_are_told_as_such() -> None:
    zone: dict[tuple[str, str], list[str]] = {(f"h{n}.parti.example", "A"): ["198.51.100.1"] for n in range(12)}
    zone[DOMAIN, "TXT"] = [f'"v=spf1 {" ".join(f"a:h{n}.parti.example" for n in range(12))} -all"']
    assert "10" in looked(zone)["spf"].words.message


def test_another_key_at_the_selector_is_no_key_of_ours() -> None:
    zone = dict(GOOD) | {("c1._domainkey.parti.example", "TXT"): ['"v=DKIM1; p=AAAA"']}
    assert looked(zone)["dkim"].state == "fail"
    assert "Another key" in looked(zone)["dkim"].words.message


def test_a_subdomain_has_the_policy_of_the_domain_above_it() -> None:
    assert looked(GOOD, domain="press.parti.example")["dmarc"].state == "ok"


def test_a_dns_that_does_not_answer_accuses_nobody() -> None:
    def dead(_name: str, _kind: str) -> list[str]:
        raise NoDns

    assert {look.state for look in dns_checks.check(DOMAIN, SENDS, dead)} == {"unknown"}
