"""Customers as loyalty knows them."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from loyalty.table import Table


class KnownCustomer(Table, kw_only=True):
    __tablename__ = "known_customers"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
