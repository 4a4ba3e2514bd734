"""Deliveries: what goes out where, how it went, and what a person decides about those that stopped."""

from __future__ import annotations

from commsched.api import bodies, schemas, serializers
from commsched.api.routing import ID, Paged, Param, actor, installation, number, page, paged, route, section, several
from commsched.services.content import queries
from commsched.services.workflow import resolve

bp = section("deliveries")
ONE = f"/deliveries/<{ID}:id>"
FILTERS = (
    Param("state", "One or several states.", many=True),
    Param("channel", "The id of a channel.", type="integer"),
    Param("item", "The id of an item.", type="integer"),
)


@route(
    bp,
    "GET",
    "/deliveries",
    "read",
    "List deliveries with their attempts, newest first",
    answer=list[schemas.DeliveryOut],
    params=FILTERS,
    errors=(422,),
    paged=True,
)
def list_deliveries() -> Paged:
    asked = page()
    with installation().store.read(actor().workspace) as session:
        rows = queries.deliveries(session, asked, several("state"), number("channel"), number("item"))
        tries = queries.attempts(session, [row.id for row in rows])
        doubts, reach = queries.doubts(installation(), session, rows), queries.reach(installation(), session, rows)
    return paged(
        rows,
        lambda row: serializers.delivery(row, tries.get(row.id, []), doubts.get(row.id, ()), reach.get(row.id)),
        asked,
        lambda row: int(row.id),
    )


@route(bp, "GET", ONE, "read", "Show a delivery with its attempts", answer=schemas.DeliveryOut, errors=(404,))
def get_delivery(id: int) -> schemas.DeliveryOut:
    with installation().store.read(actor().workspace) as session:
        row = resolve.load(session, id)
        tries, doubts = queries.attempts(session, [id]), queries.doubts(installation(), session, [row])
        reach = queries.reach(installation(), session, [row])
    return serializers.delivery(row, tries.get(id, []), doubts.get(id, ()), reach.get(id))


@route(
    bp,
    "POST",
    f"{ONE}/resolve",
    "resolve",
    "Say what became of an unknown delivery: it is out, or it is not",
    body=bodies.ResolveIn,
    answer=schemas.DeliveryOut,
    errors=(404, 409, 422),
)
def resolve_delivery(id: int, body: bodies.ResolveIn) -> schemas.DeliveryOut:
    resolve.resolve(installation(), actor(), id, body.answer, body.url.strip(), body.parts)
    return get_delivery(id)


@route(
    bp,
    "POST",
    f"{ONE}/retry",
    "resolve",
    "Send what was held or failed, now: only what did not go out",
    body=bodies.RetryIn,
    answer=schemas.DeliveryOut,
    errors=(404, 409, 422),
)
def retry_delivery(id: int, body: bodies.RetryIn) -> schemas.DeliveryOut:
    resolve.send(installation(), actor(), id, body.latest_minutes)
    return get_delivery(id)


@route(
    bp,
    "POST",
    f"{ONE}/drop",
    "resolve",
    "Let it be: nothing more of it goes out, also if it is under way",
    body=bodies.Nothing,
    answer=schemas.DeliveryOut,
    errors=(404, 409),
)
def drop_delivery(id: int, body: bodies.Nothing) -> schemas.DeliveryOut:
    resolve.drop(installation(), actor(), id)
    return get_delivery(id)
