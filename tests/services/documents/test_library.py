"""A document of a release: taken in, in the approved hash with its bytes, its title and its place, kept as long as a
version has it, and read by whoever may read that."""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from commsched.core.content.draft import DocumentIn, DraftIn
from commsched.core.content.model import Attachment
from commsched.core.media.documents import DOCUMENT_BYTES, FORMS, TYPES
from commsched.core.media.sizes import MB
from commsched.core.text.messages import Invalid, NotAllowed, NotFound
from commsched.services.content import check, drafts, items
from commsched.services.documents import errors, library
from commsched.services.kernel.blobs import blob_of
from commsched.services.kernel.context import Installation
from commsched.services.media import quota
from commsched.services.ops import doctor
from commsched.services.workflow import approve, editing
from commsched.store.models import Decision, Document, DocumentUse, Item, Revision, Workspace
from tests import looked, writing
from tests.conftest import Cast
from tests.documents import body, office, pdf


@pytest.fixture(autouse=True)
def _looked(monkeypatch: pytest.MonkeyPatch) -> None:
    looked.here(monkeypatch)


def taken(installation: Installation, cast: Cast, data: bytes, name: str, role: str = "writer") -> Document:
    return library.add_from(installation, cast.actor(role), io.BytesIO(data), name).document


def release(to: list[int], *documents: Any, **values: Any) -> DraftIn:
    return writing.draft(to, kind="release", title="Budgeten är klar", documents=list(documents), **values)


@pytest.fixture
def to(installation: Installation, cast: Cast) -> list[int]:
    return [writing.channels(installation, cast)["newsroom"]]


def test_it_is_kept_byte_for_byte_once_an_office(installation: Installation, cast: Cast) -> None:
    data = office(main=body())
    row = taken(installation, cast, data, "Budget_2027.DOCX")
    assert (row.title, row.suffix, row.mime, row.size) == ("Budget 2027", ".docx", FORMS["docx"].mime, len(data))
    assert row.sha256 == hashlib.sha256(data).hexdigest()
    assert blob_of(installation, row).read() == data
    again = library.add_from(installation, cast.actor("approver"), io.BytesIO(data), "kopia.docx")
    assert (again.again, again.document.id, again.document.title) == (True, row.id, "kopia")
    with installation.store.read(cast.place.id) as session:
        assert quota.usage(session, session.get_one(Workspace, cast.place.id)).used == len(data)
    with pytest.raises(NotAllowed):
        taken(installation, cast, data, "x.docx", role="reader")


def test_what_is_too_large_is_read_no_further_than_that(installation: Installation, cast: Cast) -> None:
    class Endless(io.RawIOBase):
        read_bytes = 0

        def read(self, length: int = -1) -> bytes:
            self.read_bytes += length
            return b"a" * length

    source = Endless()
    with pytest.raises(errors.TooLarge):
        library.add_from(installation, cast.actor("writer"), source, "x.txt")  # type: ignore[arg-type]
    assert source.read_bytes <= DOCUMENT_BYTES + 1
    assert list(installation.incoming.iterdir()) == []


def test_title_order_and_bytes_are_what_is_approved(installation: Installation, cast: Cast, to: list[int]) -> None:
    writer = cast.actor("writer")
    first, second = taken(installation, cast, pdf(), "Budget.pdf"), taken(installation, cast, b"Kort.", "Kort.txt")
    number = editing.create(installation, writer, release(to, first.id, DocumentIn(id=second.id, title=" I korthet ")))
    with installation.store.read(cast.place.id) as session:
        content = items.current(session, session.get_one(Item, number)).parsed()
        assert content.documents == [
            Attachment(kind="document", sha256=first.sha256, mime="application/pdf", title="Budget", size=first.size),
            Attachment(kind="document", sha256=second.sha256, mime="text/plain", title="I korthet", size=5),
        ]
        assert session.query(DocumentUse).count() == 2
    hashes = set()
    for documents in (
        [first.id, second.id],
        [second.id, first.id],
        [DocumentIn(id=first.id, title="Budget 2027"), second.id],
        [first.id],
        [],
    ):
        editing.save(installation, writer, number, release(to, *documents))
        with installation.store.read(cast.place.id) as session:
            hashes.add(items.current(session, session.get_one(Item, number)).hash)
    assert len(hashes) == 5


def test_another_title_asks_for_the_approval_again(installation: Installation, cast: Cast, to: list[int]) -> None:
    row = taken(installation, cast, pdf(), "Budget.pdf")
    values = {"kind": "release", "title": "Budgeten är klar", "documents": [row.id]}
    number = writing.submitted(installation, cast, to, **values)
    with installation.store.read(cast.place.id) as session:
        shown = items.current(session, session.get_one(Item, number)).hash
    approve.approve(installation, cast.actor("approver"), number, shown)
    with installation.store.read(cast.place.id) as session:
        assert session.get_one(Item, number).state == "scheduled"
    editing.save(installation, cast.actor("writer"), number, release(to, DocumentIn(id=row.id, title="Förslaget")))
    with installation.store.read(cast.place.id) as session:
        assert session.get_one(Item, number).state == "draft"
        assert session.scalars(select(Decision.verdict)).all()


def test_it_comes_back_as_it_was_handed_in(installation: Installation, cast: Cast, to: list[int]) -> None:
    row = taken(installation, cast, pdf(), "Budget.pdf")
    number = editing.create(installation, cast.actor("writer"), release(to, DocumentIn(id=row.id, title="Förslaget")))
    with installation.store.read(cast.place.id) as session:
        item = session.get_one(Item, number)
        draft = drafts.as_draft(installation, session, item, items.current(session, item))
    assert draft.documents == [DocumentIn(id=row.id, title="Förslaget")]


def test_a_network_refuses_it_in_words_and_a_missing_file_stops_it(
    installation: Installation, cast: Cast, to: list[int]
) -> None:
    channels = writing.channels(installation, cast)
    row = taken(installation, cast, pdf(), "Budget.pdf")
    number = editing.create(installation, cast.actor("writer"), writing.draft([*channels.values()], documents=[row.id]))

    def problems() -> dict[str, list[str]]:
        with installation.store.read(cast.place.id) as session:
            content = items.current(session, session.get_one(Item, number)).parsed()
            judged = check.judge(installation, session, content)
        said = {
            each.platform: [str(p.words) for p in each.problems if p.field == "documents"] for each in judged.checked
        }
        return said | {"": [str(p.words) for p in judged.general if p.field == "documents" and p.blocks]}

    said = problems()
    assert said["mastodon"] == ["Mastodon takes no documents. Take the document out."]
    assert (said["newsroom"], said[""]) == ([], [])
    installation.blobs.delete(blob_of(installation, row).key)
    assert "is missing or damaged" in problems()[""][0]
    media = next(each for each in doctor.examine(installation) if each.name == "media")
    assert media.level == "fail"


def test_what_is_found_in_it_is_told_to_writer_and_approver(
    installation: Installation, cast: Cast, to: list[int]
) -> None:
    comments = {"word/comments.xml": "<comments><comment/></comments>"}
    core = {"docProps/core.xml": "<c><creator>Byrån AB</creator></c>"}
    row = taken(installation, cast, office(more={**comments, **core}), "Budget.docx")
    number = editing.create(installation, cast.actor("writer"), release(to, row.id))
    with installation.store.read(cast.place.id) as session:
        general, _checked = items.problems(installation, session, session.get_one(Item, number))
    told = [str(each.words) for each in general if each.field == "documents"]
    assert told == [
        "“Budget” names Byrån AB in its properties. Whoever gets the file can see it.",
        "“Budget” has comments in it. Whoever gets the file can read them.",
    ]


def test_what_goes_with_something_confidential_is_as_confidential(
    installation: Installation, cast: Cast, to: list[int]
) -> None:
    row = taken(installation, cast, pdf(), "Hemligt.pdf")
    for role in ("approver", "reader"):  # handed in, and in no item yet
        with pytest.raises(NotFound):
            library.find(installation, cast.actor(role), row.id)
    editing.create(installation, cast.actor("writer"), release(to, row.id, confidants=[cast.approver.id]))
    assert library.find(installation, cast.actor("writer"), row.id).sha256 == row.sha256
    assert library.find(installation, cast.actor("approver"), row.id).sha256 == row.sha256
    with pytest.raises(NotFound):
        library.find(installation, cast.actor("administrator"), row.id)
    with pytest.raises(Invalid, match="There is no document"):  # nor is it got by naming it
        editing.create(installation, cast.actor("administrator"), release(to, row.id))
    with pytest.raises(NotFound):
        library.find(installation, cast.elsewhere_actor, row.id)


def test_what_no_version_names_goes_after_days_and_the_rest_stays(
    installation: Installation, cast: Cast, to: list[int]
) -> None:
    writer, now = cast.actor("writer"), installation.now()
    kept, gone = taken(installation, cast, pdf(), "Kvar.pdf"), taken(installation, cast, b"Borta.", "Borta.txt")
    number = editing.create(installation, writer, release(to, kept.id))
    editing.save(installation, writer, number, release(to))  # an older version still has it
    library.tidy(installation, now + library.KEPT - timedelta(minutes=1))
    with installation.store.read(cast.place.id) as session:
        assert session.query(Document).count() == 2
    library.tidy(installation, now + library.KEPT + timedelta(minutes=1))
    with installation.store.read(cast.place.id) as session:
        assert [row.id for row in session.scalars(select(Document))] == [kept.id]
    assert blob_of(installation, kept).exists()
    assert not blob_of(installation, gone).exists()
    assert quota.orphans(installation) == []
    with installation.store.write(cast.place.id) as session:
        session.execute(delete(DocumentUse).where(DocumentUse.revision_id.in_(select(Revision.id))))
    library.tidy(installation, now + timedelta(days=9))
    assert not blob_of(installation, kept).exists()


def test_every_kind_has_its_ending_and_fits_its_column() -> None:
    assert len(TYPES) == len(FORMS) == 9
    assert max(len(form.mime) for form in FORMS.values()) <= 100
    assert DOCUMENT_BYTES == 10 * MB
