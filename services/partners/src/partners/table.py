"""The base of this service's tables."""

from sqlalchemy.orm import DeclarativeBase, MappedAsDataclass

from shared.kit.database import Columns, table_base


class Table(MappedAsDataclass, DeclarativeBase, kw_only=True, eq=False):
    metadata = table_base("partners")
    type_annotation_map = Columns.type_annotation_map
