"""What programs can rely on: idempotency, If-Match, problem documents, paging, roles, apartness."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from commsched.api.problems import TooFast
from commsched.api.rate_limit import TokenBucket
from commsched.services.accounts import tokens
from commsched.services.kernel.context import Installation
from commsched.services.media import library
from commsched.services.staff import leaving
from commsched.services.workflow import editing
from commsched.web.http import errors
from tests import publications
from tests.api.conftest import Client, add_channel
from tests.conftest import NOW, PASSWORD, Cast, SetClock
from tests.images import files

Program = Callable[..., Client]


# -- creating, once --------------------------------------------------------------------------------


def test_the_same_key_gives_the_same_answer_and_creates_nothing_more(program: Program, wall: int) -> None:
    writer = program()
    given, headers = {"text": "Ja till fler turer", "channels": [wall]}, {"Idempotency-Key": "post-1"}
    first = writer.post("/items", given, headers=headers)
    writer.put(f"/items/{first.json['id']}", {"text": "Ändrad"}, match=first.json["revision"]["hash"])
    again = writer.post("/items", given, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.data == first.data
    assert again.headers["Location"] == first.headers["Location"] == f"http://localhost/api/v1/items/{first.json['id']}"
    assert again.headers["ETag"] == first.headers["ETag"]
    assert len(writer.get("/items").json) == 1


def test_a_key_used_for_something_else_is_refused(program: Program) -> None:
    writer, headers = program(), {"Idempotency-Key": "post-1"}
    writer.post("/items", {"text": "Ett"}, headers=headers)
    other = writer.post("/items", {"text": "Två"}, headers=headers)
    assert (other.status_code, other.json["code"], other.json["field"]) == (422, "idempotency-key", "Idempotency-Key")
    assert len(writer.get("/items").json) == 1


def test_two_people_may_choose_the_same_key(program: Program) -> None:
    headers = {"Idempotency-Key": "1"}
    one = program("writer").post("/items", {"text": "Ett"}, headers=headers)
    two = program("approver").post("/items", {"text": "Två"}, headers=headers)
    assert (one.status_code, two.status_code) == (201, 201)


def test_a_creation_that_failed_can_be_sent_again_with_its_key(program: Program, wall: int) -> None:
    writer, headers = program(), {"Idempotency-Key": "1"}
    assert writer.post("/items", {"text": "Ett", "channels": [999]}, headers=headers).status_code == 422
    assert writer.post("/items", {"text": "Ett", "channels": [wall]}, headers=headers).status_code == 201


def test_a_crash_before_the_answer_was_kept_still_creates_one_item(
    program: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, headers = program(), {"Idempotency-Key": "1"}
    with monkeypatch.context() as patch:
        patch.setattr("commsched.services.workflow.idempotency.keep", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            writer.post("/items", {"text": "Ett"}, headers=headers)
    again = writer.post("/items", {"text": "Ett"}, headers=headers)
    assert (again.status_code, len(writer.get("/items").json)) == (201, 1)


def _interrupted(*_: object) -> None:
    raise KeyboardInterrupt


# -- changing what one has read --------------------------------------------------------------------


def test_a_change_must_say_what_it_has_read(program: Program) -> None:
    writer = program()
    item = writer.create()
    answer = writer.put(f"/items/{item['id']}", {"text": "Ny"})
    assert (answer.status_code, answer.json["field"]) == (428, "If-Match")


@pytest.mark.parametrize("spelled", ["{}", '"{}"', 'W/"{}"', '"gammal", "{}"', "*"])
def test_the_hash_may_be_quoted_or_bare(program: Program, spelled: str) -> None:
    writer = program()
    item = writer.create()
    answer = writer.put(f"/items/{item['id']}", {"text": "Ny"}, match=spelled.format(item["revision"]["hash"]))
    assert answer.status_code == 200
    assert answer.headers["ETag"] == f'"{answer.json["revision"]["hash"]}"'
    assert answer.json["revision"]["number"] == 2


def test_a_stale_change_is_refused_with_the_hash_that_stands_and_loses_nothing(program: Program) -> None:
    karin, gunnar = program("writer"), program("approver")
    item = karin.create(text="Först")
    path, read = f"/items/{item['id']}", item["revision"]["hash"]
    newer = gunnar.put(path, {"text": "Gunnars"}, match=read).json
    late = karin.put(path, {"text": "Karins"}, match=read)
    assert (late.status_code, late.json["code"]) == (412, "stale")
    assert late.json["current"] == newer["revision"]["hash"]
    assert late.headers["ETag"] == f'"{newer["revision"]["hash"]}"'
    assert karin.get(path).json["revision"]["content"]["text"] == "Gunnars"


def test_a_time_that_somebody_else_has_set_is_not_undone_by_whoever_sends_the_stamp(
    program: Program, clock: SetClock
) -> None:
    """The hash is of what readers see, and the time is not among that."""
    karin, gunnar = program("writer"), program("approver")
    item = karin.create(text="Först", publish_at="2026-11-27T07:30")
    path, read = f"/items/{item['id']}", item["stamp"]
    clock.forward(seconds=1)
    moved = gunnar.put(path, {"publish_at": "2026-11-27T09:00"}, match=f'"{read}"')
    assert moved.status_code == 200
    assert moved.json["revision"]["hash"] == item["revision"]["hash"]
    late = karin.put(path, {"publish_at": "2026-11-27T08:00"}, match=read)
    assert (late.status_code, late.json["code"]) == (412, "stale")
    now = karin.get(path).json
    assert (now["publish_at"], now["stamp"]) == (moved.json["publish_at"], moved.json["stamp"])
    assert karin.put(path, {"publish_at": "2026-11-27T08:00"}, match=now["stamp"]).status_code == 200
    assert karin.put(path, {"text": "Sedan"}, match=item["revision"]["hash"]).status_code == 200, "as documented"


def test_a_change_of_the_text_keeps_the_time_that_was_set_while_it_was_sent(
    program: Program, cast: Cast, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    karin = program("writer")
    item = karin.create(text="Först", publish_at="2026-11-27T07:30")
    path, read, save = f"/items/{item['id']}", item["revision"]["hash"], editing.save

    def meanwhile(*args: Any, **more: Any) -> bool:
        monkeypatch.setattr(editing, "save", save)
        clock.forward(seconds=1)
        assert program("approver").put(path, {"publish_at": "2026-11-27T09:00"}, match=read).status_code == 200
        return save(*args, **more)

    monkeypatch.setattr(editing, "save", meanwhile)
    changed = karin.put(path, {"text": "Sedan"}, match=read)
    assert changed.status_code == 200
    assert changed.json["publish_at"].startswith("2026-11-27T08:00")
    assert changed.json["revision"]["content"]["text"] == "Sedan"


def test_a_change_keeps_what_it_leaves_out_and_clears_what_is_null(
    program: Program, wall: int, installation: Installation, cast: Cast
) -> None:
    writer = program()
    picture = library.add(installation, cast.actor("writer"), files.png(), "buss.png", "En buss").media
    item = writer.create(
        title="Turer",
        channels=[wall],
        publish_at="2026-11-26T07:30",
        latest_at="2026-11-26T08:00",
        variants={str(wall): {"text": "Kort"}},
        media=[{"id": picture.id, "alt": "En röd buss"}],
        sources=[{"text": "Protokoll 14"}],
    )
    path = f"/items/{item['id']}"
    changed = writer.put(path, {"title": "Fler turer"}, match=item["revision"]["hash"]).json
    before, after = item["revision"]["content"], changed["revision"]["content"]
    assert after == before | {"title": "Fler turer"}
    assert after["pictures"][0]["alt"] == "En röd buss"
    assert after["channels"] == [{"channel": wall, "text": "Kort"}]
    kept = ("publish_at", "latest_at", "sources")
    assert [changed[key] for key in kept] == [item[key] for key in kept]
    moved = writer.put(path, {"publish_at": "2026-11-27T07:30"}, match=changed["revision"]["hash"]).json
    assert moved["latest_at"] == "2026-11-27T08:30:00Z", "a new time brings its own latest time"
    cleared = writer.put(path, {"publish_at": None, "media": []}, match=moved["revision"]["hash"]).json
    assert cleared["publish_at"] is None
    assert "pictures" not in cleared["revision"]["content"]


# -- bad input -------------------------------------------------------------------------------------

BAD = [
    ({"kind": "poem"}, "kind"),
    ({"txet": "stavfel"}, "txet"),
    ({"text": 5}, "text"),
    ({"text": "x" * 1_000_000}, "text"),
    ({"text": "å" * 1_000_000}, "text"),
    ({"media": [{"id": 1, "size": 2}]}, "media.0.size"),
    ({"channels": ["one"]}, "channels.0"),
    ({"channels": [404]}, "channels"),
    ({"channels": [10**40]}, ""),
    ({"media": [404]}, "media"),
    ({"publish_at": "i morgon"}, "publish_at"),
    ({"publish_at": "3026-01-01T00:00"}, "publish_at"),
    ({"publish_at": "2026-11-26T07:30", "latest_at": "2026-11-26T07:00"}, "latest_at"),
    ({"embargo": "sedan"}, "embargo"),
    ({"title": "x" * 501}, "title"),
]


@pytest.mark.parametrize(("given", "field"), BAD, ids=[str(given)[:40] for given, _ in BAD])
def test_bad_input_is_refused_by_its_field_and_nothing_is_made(
    program: Program, given: dict[str, Any], field: str
) -> None:
    writer = program()
    answer = writer.post("/items", given)
    assert answer.status_code == 422
    assert answer.content_type == "application/problem+json"
    assert answer.json.get("field", "") == field
    assert {"type", "title", "status", "detail"} <= set(answer.json)
    assert writer.get("/items").json == []


@pytest.mark.parametrize(
    ("wall", "code", "choices"),
    [
        ("2027-03-28T02:30", "gap", ["2027-03-28T00:30:00Z", "2027-03-28T01:30:00Z"]),
        ("2027-10-31T02:30", "fold", ["2027-10-31T00:30:00Z", "2027-10-31T01:30:00Z"]),
    ],
)
def test_a_time_in_the_clock_change_is_asked_about(program: Program, wall: str, code: str, choices: list[str]) -> None:
    writer = program()
    answer = writer.post("/items", {"text": "Ja", "publish_at": wall})
    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (422, code, "publish_at")
    assert answer.json["choices"] == choices
    chosen = writer.create(publish_at=choices[1])
    assert chosen["publish_at"] == choices[1]
    if code == "fold":
        assert writer.create(publish_at=wall, fold=0)["publish_at"] == choices[0]


def test_numbers_may_come_as_text_as_they_do_from_a_shell(program: Program, wall: int) -> None:
    item = program().create(channels=[str(wall)])
    assert item["revision"]["content"]["channels"] == [{"channel": wall}]


@pytest.mark.parametrize(
    ("method", "path", "more", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("GET", "/items/999", {}, 404),
        ("GET", f"/items/{10**30}", {}, 404),
        ("DELETE", "/items", {}, 405),
        ("POST", "/items", {"data": "{", "content_type": "application/json"}, 400),
        ("POST", "/items", {"data": b"\xff\xfe", "content_type": "application/json"}, 400),
        ("POST", "/items", {"data": "[" * 50_000, "content_type": "application/json"}, 400),
        ("POST", "/items", {"data": "[]", "content_type": "application/json"}, 422),
        ("POST", "/items", {"data": "text=hej", "content_type": "application/x-www-form-urlencoded"}, 415),
        ("POST", "/items", {"data": b" " * 17_000_000, "content_type": "application/json"}, 413),
        ("POST", "/media", {"data": "{}", "content_type": "application/json"}, 415),
        ("GET", "/items?state=gone", {}, 422),
        ("GET", "/items?cursor=abc", {}, 422),
        ("GET", "/items?limit=0", {}, 422),
        ("GET", "/items?from=never", {}, 422),
        ("GET", "/deliveries?channel=x", {}, 422),
    ],
)
def test_every_error_is_a_problem_document(
    program: Program, method: str, path: str, more: dict[str, Any], status: int
) -> None:
    answer = program().open(method, path, **more)
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["detail"]
    assert answer.json["code"]
    assert status != 405 or "POST" in answer.headers["Allow"]


def test_problems_speak_the_language_that_is_asked_for_else_the_persons(program: Program) -> None:
    writer = program()
    asked = writer.post("/items", {"kind": "x"}, headers={"Accept-Language": "sv-SE,sv;q=0.9"}).json
    own = writer.post("/items", {"kind": "x"}, headers={"Accept-Language": "*"}).json
    english = writer.post("/items", {"kind": "x"}).json
    assert asked["title"] == own["title"] == "Något i begäran är fel"
    assert english["title"] == "Something in the request is wrong"


def test_a_locked_database_says_try_again(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = program()
    monkeypatch.setattr(editing, "create", _failing("database is locked"))
    answer = writer.post("/items", {"text": "Ja"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("said", "status", "code"), [("database is locked", 503, "busy"), ("database or disk is full", 507, "disk-full")]
)
def test_what_the_machine_lacks_has_a_type_a_title_and_what_it_means(
    program: Program, monkeypatch: pytest.MonkeyPatch, said: str, status: int, code: str
) -> None:
    writer = program()
    monkeypatch.setattr(editing, "create", _failing(said))
    told = writer.post("/items", {"text": "Ja"}).json
    assert (told["type"], told["code"], told["status"]) == (f"urn:commsched:problem:{code}", code, status)
    assert told["title"] == errors.TROUBLES[status].what
    assert told["detail"] == errors.TROUBLES[status].means


@pytest.mark.parametrize("path", ["/media", "/items"])
def test_what_is_too_large_says_how_large_it_may_be_and_where(program: Program, app: Flask, path: str) -> None:
    app.config["MAX_CONTENT_LENGTH"] = 2_000_000
    upload: dict[str, Any] = {"data": b"x" * 2_500_000, "content_type": "multipart/form-data; boundary=x"}
    text: dict[str, Any] = {"data": b" " * 17_000_000, "content_type": "application/json"}
    answer = program().open("POST", path, **(upload if path == "/media" else text))
    told = answer.json
    assert (answer.status_code, told["type"]) == (413, "urn:commsched:problem:too-large")
    assert told["title"] == "That is too large"
    if path == "/media":
        assert (told["field"], told["detail"]) == ("file", "At most 2 MB are taken in one request.")
    else:
        assert ("field" in told, told["detail"]) == (False, "At most 16 MB are taken in one request.")


def test_a_full_disk_says_so(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    writer = program()
    monkeypatch.setattr(editing, "create", _failing("database or disk is full"))
    assert writer.post("/items", {"text": "Ja"}).status_code == 507


def _failing(said: str) -> Callable[..., int]:
    def create(*_: object) -> int:
        raise OperationalError("INSERT", {}, Exception(said))

    return create


# -- who may ---------------------------------------------------------------------------------------


def test_without_a_token_nobody_comes_in(app: Flask, cast: Cast, program: Program) -> None:
    for token in ("", "csk_made-up"):
        answer = Client(app, token).get("/items")
        assert "Bearer" in answer.json["detail"]
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
        assert answer.content_type == "application/problem+json"


def test_a_cookie_opens_nothing_here(browse: Callable[..., Any], cast: Cast) -> None:
    assert browse(cast.administrator).get("/api/v1/items").status_code == 401


def test_a_revoked_token_and_a_deactivated_person_are_out_at_once(
    program: Program, installation: Installation, cast: Cast
) -> None:
    reader, writer = program("reader"), program("writer")
    assert (reader.get("/items").status_code, writer.get("/items").status_code) == (200, 200)
    row = tokens.tokens(installation, cast.place.id, cast.reader.id)[0]
    tokens.revoke_token(installation, cast.actor("reader"), row.id)
    leaving.deactivate(installation, cast.place, cast.writer.email)
    assert (reader.get("/items").status_code, writer.get("/items").status_code) == (401, 401)


def test_a_token_never_does_more_than_it_was_given(program: Program) -> None:
    answer = program("administrator", "reader").post("/items", {"text": "Ja"})
    assert answer.status_code == 403
    assert program("reader").post("/pause", {"reason": "nej"}).status_code == 403


def test_a_number_larger_than_any_is_not_there_whatever_is_done_with_it(program: Program) -> None:
    writer, path = program(), "/items/6003777424498981076992"
    assert (writer.get(path).status_code, writer.put(path, {"text": "Ja"}).status_code) == (404, 404)


def test_no_office_sees_anothers_anything(program: Program, installation: Installation, cast: Cast, wall: int) -> None:
    writer, stranger = program(), program("stranger")
    item = writer.create(channels=[wall])
    picture = library.add(installation, cast.actor("writer"), files.png(), "buss.png").media
    for path in (f"/items/{item['id']}", f"/media/{picture.id}", f"/media/{picture.id}/file"):
        assert stranger.get(path).status_code == 404
    for path in ("/items", "/deliveries", "/channels"):
        assert stranger.get(path).json == []
    assert stranger.post("/items", {"text": "Ja", "channels": [wall]}).json["field"] == "channels"
    assert stranger.post("/items", {"text": "Ja", "media": [picture.id]}).json["field"] == "media"
    assert "Regiongruppen" not in stranger.get("/record").text


# -- lists -----------------------------------------------------------------------------------------


def test_items_are_filtered_by_state_channel_person_words_and_time(
    program: Program, installation: Installation, cast: Cast, wall: int
) -> None:
    writer = program()
    other = add_channel(installation, cast.place.id, "Andra väggen")
    bus = writer.create(channels=[wall], text="Fler bussar i 100 % av länet", publish_at="2026-12-01T08:00")
    care = writer.create(channels=[other, wall], text="Kortare köer", publish_at="2026-12-02T08:00")
    writer.post(f"/items/{care['id']}/submit")

    def found(query: str) -> list[int]:
        return [row["id"] for row in writer.get(f"/items?{query}").json]

    assert found("") == [care["id"], bus["id"]]
    assert found("state=in_review") == found("state=approved,in_review") == [care["id"]]
    assert found(f"channel={other}") == [care["id"]]
    assert found(f"channel={wall}") == [care["id"], bus["id"]]
    assert found("channel=1000") == []
    assert found("q=BUSSAR") == found("q=100 %25") == [bus["id"]]
    assert found(f"person={cast.writer.id}") == [care["id"], bus["id"]]
    assert found(f"person={cast.reader.id}") == []
    assert found("from=2026-12-02") == [care["id"]]
    assert found("to=2026-12-02T08:00:00+01:00") == [bus["id"]]
    assert found("kind=release") == []


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "application/x-www-form-urlencoded", None])
def test_json_is_taken_as_json_whatever_curl_calls_it(program: Program, kind: str | None) -> None:
    answer = program().post("/items", data='{"text": "Från skalet"}', content_type=kind)
    assert answer.status_code == 201


def test_a_slash_at_the_end_makes_no_difference(program: Program) -> None:
    writer = program()
    item = writer.create()
    assert writer.get("/items/").json == writer.get("/items").json
    assert writer.get(f"/items/{item['id']}/").json == item


def test_the_link_header_leads_through_all_pages(program: Program) -> None:
    writer = program()
    made = [writer.create(text=f"Nummer {n}")["id"] for n in range(5)]
    path, seen = "/items?limit=2&q=nummer", []
    while path:
        answer = writer.get(path)
        seen += [row["id"] for row in answer.json]
        link = answer.headers.get("Link", "")
        path = link.partition("/api/v1")[2].partition(">")[0]
    assert seen == made[::-1]


def test_the_record_tells_who_did_what_newest_first(program: Program) -> None:
    writer = program()
    item = writer.create()
    lines = writer.get(f"/record?item={item['id']}").json
    assert [line["action"] for line in lines] == ["item.created"]
    assert (lines[0]["actor"], lines[0]["facts"]["via"]) == ("Karin Ek", "api")


# -- checking and pictures -------------------------------------------------------------------------


def test_check_says_what_each_channel_says(program: Program, installation: Installation, cast: Cast, wall: int) -> None:
    short = add_channel(installation, cast.place.id, "Andra")
    given = {"text": "å" * 501, "channels": [wall, short], "variants": {str(short): {"text": "Kort"}}}
    long, fine = program("reader").post("/check", given).json
    assert (long["channel"], long["count"], long["limit"]) == (wall, 501, 500)
    assert [(one["level"], one["field"]) for one in long["problems"]] == [("block", "text")]
    assert long["problems"][0]["message"]
    assert (fine["channel"], fine["count"], fine["problems"]) == (short, 4, [])
    empty = program().post("/check", {"text": "", "channels": [wall]}).json[0]["problems"]
    assert [one["field"] for one in empty] == ["text"], "said once, though two rules say it"


def test_submitting_what_a_channel_refuses_lists_every_problem(program: Program, wall: int) -> None:
    writer = program()
    item = writer.create(text="å" * 501, channels=[wall])
    assert [one["level"] for one in item["problems"]] == ["block"]
    answer = writer.post(f"/items/{item['id']}/submit")
    assert (answer.status_code, answer.json["code"], answer.json["field"]) == (422, "blocked", "text")
    assert answer.json["problems"][0]["message"] == item["problems"][0]["message"]


def test_a_picture_is_taken_in_and_used(program: Program, installation: Installation, wall: int) -> None:
    writer = program()
    answer = writer.post("/media", data={"file": (io.BytesIO(files.with_exif(gps=True)), "buss.jpg"), "alt": "En buss"})
    assert answer.status_code == 201
    media = answer.json
    assert (media["mime"], media["width"], media["height"], media["alt"]) == ("image/jpeg", 64, 48, "En buss")
    assert media["had_location"] is True
    address = media["url"].partition("/api/v1")[2]
    with writer.get(address) as fetched:
        assert (fetched.status_code, fetched.content_type) == (200, "image/jpeg")
        assert hashlib.sha256(fetched.data).hexdigest() == media["sha256"]
        whole, etag = fetched.data, fetched.headers["ETag"]
    with writer.get(address, headers={"Range": "bytes=2-5"}) as part:
        assert (part.status_code, part.data) == (206, whole[2:6])
    with writer.get(address, headers={"If-None-Match": etag}) as again:
        assert (again.status_code, again.data) == (304, b"")
    assert writer.get(f"/media/{media['id']}").json["sha256"] == media["sha256"]
    item = writer.create(channels=[wall], media=[media["id"]])
    assert item["revision"]["content"]["pictures"][0]["alt"] == "En buss"


def test_the_same_picture_twice_is_one(program: Program) -> None:
    writer = program()

    def upload(alt: str) -> dict[str, Any]:
        answer: dict[str, Any] = writer.post(
            "/media", data={"file": (io.BytesIO(files.png()), "a.png"), "alt": alt}
        ).json
        return answer

    one, two = upload("En buss"), upload("")
    assert (one["id"], two["alt"]) == (two["id"], "En buss")
    assert upload("En röd buss")["alt"] == "En röd buss"


@pytest.mark.parametrize("data", [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused_by_its_field(program: Program, data: bytes) -> None:
    answer = program().post("/media", data={"file": (io.BytesIO(data), "x.png"), "alt": ""})
    assert (answer.status_code, answer.json["field"]) == (422, "file")
    wordless = program().post("/media", data={"alt": "ingen fil"}, content_type="multipart/form-data")
    assert wordless.json["field"] == "file"


def test_a_disk_that_fills_while_a_picture_is_written_leaves_nothing_behind(
    program: Program, installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("commsched.services.kernel.blobs.os.fsync", full)
        answer = program().post("/media", data={"file": (io.BytesIO(files.png()), "x.png")})
    assert answer.status_code == 507
    assert list(installation.blobs.keys("")) == []


# -- the rest --------------------------------------------------------------------------------------


def test_channels_are_listed_without_their_secrets(program: Program, wall: int) -> None:
    (row,) = program("reader").get("/channels").json
    assert (row["id"], row["platform"], row["state"], row["limits"]["characters"]) == (wall, "sandbox", "ok", 500)
    assert "secrets" not in row


def test_a_token_that_runs_wild_is_slowed_down_and_no_other() -> None:
    pace, clock = TokenBucket(per_second=1, burst=2), SetClock()
    pace.step("a", NOW)
    pace.step("a", NOW)
    with pytest.raises(TooFast) as caught:
        pace.step("a", NOW)
    assert caught.value.retry_after == 1
    pace.step("b", NOW)
    pace.step("a", clock.forward(seconds=1))


def test_metrics_tell_figures_and_no_content(app: Flask, ticking: Installation, program: Program, wall: int) -> None:
    program().create(text="Hemligt utkast", channels=[wall])
    text = app.test_client().get("/metrics").text
    assert 'commsched_deliveries{state="waiting"} 0' in text
    assert "commsched_heartbeat_age_seconds 0.000" in text
    assert "Hemligt" not in text
    assert "Regiongruppen" not in text


def test_metrics_are_for_this_machine_or_for_the_token(app: Flask, installation: Installation, cast: Cast) -> None:
    client = app.test_client()
    assert client.get("/metrics", environ_base={"REMOTE_ADDR": "192.0.2.1"}).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}).status_code == 404
    installation.settings["metrics_token"] = "siffror"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer siffror"}).status_code == 200


def test_the_password_is_no_token(app: Flask, cast: Cast) -> None:
    assert Client(app, PASSWORD).get("/workspace").status_code == 401


def test_a_program_answers_for_one_recipient_at_a_time(
    program: Program, installation: Installation, cast: Cast
) -> None:
    row = publications.in_doubt(installation, cast.place.id, "redaktionen@svt.example", "jo@dn.example")
    writer = program()
    assert writer.get(f"/deliveries/{row}").json["unknown_parts"] == [0, 1]
    assert [one["unknown_parts"] for one in writer.get("/deliveries?state=unknown").json] == [[0, 1]]
    wrong = writer.post(f"/deliveries/{row}/resolve", {"as": "published", "parts": [5]})
    assert (wrong.status_code, wrong.json["field"]) == (422, "parts")
    first = writer.post(f"/deliveries/{row}/resolve", {"as": "published", "parts": [1]}).json
    assert (first["state"], first["unknown_parts"]) == ("unknown", [0])
    assert writer.post(f"/deliveries/{row}/resolve", {"as": "not_published"}).json["state"] == "held"
    assert "svt.example" not in writer.get(f"/deliveries/{row}").text


def test_a_body_that_begins_with_a_mark_is_json_all_the_same(program: Callable[..., Client], wall: int) -> None:
    writer = program("writer")
    body = b"\xef\xbb\xbf" + b'{"text": "Hej"}'
    given = writer.open("POST", "/items", data=body, headers={"Content-Type": "application/json"})
    assert given.status_code == 201, given.text


def test_a_day_is_no_time_and_a_span_holds_its_last_day(program: Callable[..., Client], wall: int) -> None:
    writer = program("writer")
    refused = writer.post("/items", {"text": "Hej", "channels": [wall], "publish_at": "2026-12-24"})
    assert (refused.status_code, refused.json["field"]) == (422, "publish_at")
    assert "2026-12-24T09:00" in refused.json["detail"]
    writer.create(channels=[wall], publish_at="2026-12-31T18:00")
    assert len(writer.get("/items?from=2026-12-31&to=2026-12-31").json) == 1
    assert writer.get("/items?to=2026-12-30").json == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("post", "/items", {"text": "a\0b", "title": "\0", "link": "\0", "publish_at": "\0"}),
        ("post", "/items", {"text": "Hej", "kind": "\0", "language": "\0", "\0": "\0"}),
        ("post", "/items", {"text": "Hej", "sources": [{"text": "\0", "url": "\0"}], "embargo": "\0"}),
        ("get", "/items?q=%00&kind=%00&state=%00&from=%00&cursor=%00", None),
        ("get", "/items/%00", None),
    ],
)
def test_a_nul_breaks_nothing(program: Program, method: str, path: str, body: dict[str, Any] | None) -> None:
    """PostgreSQL cannot be asked about one, so none gets as far as that."""
    answer = getattr(program(), method)(path, **({"json": body} if body else {}))
    assert answer.status_code < 500, answer.text
    assert "\0" not in answer.text
    assert r"\u0000" not in answer.text


def test_a_link_is_made_whole_and_one_that_is_none_is_not_sent_in(program: Program, wall: int) -> None:
    writer = program()
    given = {"text": "Ja till fler turer", "channels": [wall], "publish_at": "2026-11-27T07:30"}
    whole = writer.post("/items", given | {"link": "ljungpartiet.se"}).json
    assert whole["revision"]["content"]["link"] == "https://ljungpartiet.se"
    wrong = writer.post("/items", given | {"link": "ljungpartiet"}).json
    answer = writer.post(f"/items/{wrong['id']}/submit")
    assert answer.status_code == 422
    assert "ljungpartiet" in answer.text
