"""The declarative base, and the mark of what belongs to one workspace."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, ForeignKey, Integer, MetaData, String, event
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapped, declared_attr, mapped_column

from commsched.core.text.json_values import JsonArray, JsonObject
from commsched.store.types import Instant, Json


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[object, object]] = {
        int: BigInteger().with_variant(Integer(), "sqlite"),  # as wide on both; SQLite numbers rows by INTEGER only
        datetime: Instant(),
        JsonObject: Json(),
        dict[str, str]: Json(),
        JsonArray: Json(),
        list[str]: Json(),
    }


@event.listens_for(Base, "attribute_instrument", propagate=True)
def _compose_texts(_class: type[Base], _key: str, attribute: InstrumentedAttribute[object]) -> None:
    """Store every text in Unicode NFC, so that å has one form however it was typed, and searches find it."""
    columns = getattr(attribute.property, "columns", ())
    if columns and isinstance(columns[0].type, String):
        event.listen(attribute, "set", _composed, retval=True)


def _composed(_row: object, value: object, _old: object, _initiator: object) -> object:
    if not isinstance(value, str) or value.isascii() or unicodedata.is_normalized("NFC", value):
        return value
    return unicodedata.normalize("NFC", value)


class Scoped:
    """Belongs to one workspace. Every query for it is narrowed in ``store.session``, in that one place."""

    @declared_attr
    def workspace_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("workspace.id", ondelete="CASCADE"), index=True)
