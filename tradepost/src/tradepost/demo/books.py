"""The books of six services, reconciled to the cent and to the point.

Read through the public lists alone. What each service should say of an order follows from the
order itself; whatever it says otherwise is a difference. An empty list of differences is a proof
only as far as `Books.orders` goes, so the count is part of the answer.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from typing_extensions import override

from shared.values import Money, rounded, shares
from tradepost.demo.story import Teller

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """Two books that disagree."""

    book: str
    subject: str
    expected: str
    found: str

    @override
    def __str__(self) -> str:
        return f"{self.book}: {self.subject} should be {self.expected}, is {self.found}"


@dataclass
class Books:
    """Everything that was read, at one time."""

    orders: list[Row] = field(default_factory=list)
    details: dict[str, Row] = field(default_factory=dict)
    returns: dict[str, list[Row]] = field(default_factory=dict)
    account_orders: dict[str, Row] = field(default_factory=dict)
    opportunities: dict[str, Row] = field(default_factory=dict)
    attributions: dict[str, Row] = field(default_factory=dict)
    commissions: dict[str, Row] = field(default_factory=dict)
    deals: dict[str, Row] = field(default_factory=dict)
    uses: dict[str, Row] = field(default_factory=dict)
    promotions: list[Row] = field(default_factory=list)
    entries: dict[str, list[Row]] = field(default_factory=dict)
    members: list[Row] = field(default_factory=list)
    programs: dict[str, Row] = field(default_factory=dict)
    trial_balance: Row = field(default_factory=dict)
    stock: dict[str, Row] = field(default_factory=dict)


async def read_books(tell: Teller, customers: Iterable[str] | None = None) -> Books:
    """All books; of the orders, those of some customers when they are named."""
    query = {} if customers is None else {"customer_id": list(customers)}
    books = Books(orders=await tell.pages("/orders/orders", **query))
    for order in books.orders:
        books.details[order["id"]] = await tell.look(f"/orders/orders/{order['id']}")
        books.returns[order["id"]] = await tell.pages("/orders/returns", order_id=order["id"])
        books.entries[order["id"]] = await tell.pages("/loyalty/entries", order_id=order["id"])
    books.account_orders = _by(await tell.pages("/leads/account-orders"), "order_id")
    books.opportunities = _by(await tell.pages("/leads/opportunities"), "id")
    books.attributions = _by(await tell.pages("/campaigns/attributions"), "order_id")
    books.commissions = _by(await tell.pages("/partners/commissions"), "order_id")
    books.deals = _by(await tell.pages("/partners/deals"), "id")
    books.uses = _by(await tell.pages("/pricing/promotion-uses"), "order_id")
    books.promotions = await tell.pages("/pricing/promotions")
    books.members = await tell.pages("/loyalty/members")
    books.programs = _by(await tell.pages("/loyalty/programs"), "id")
    books.trial_balance = await tell.look("/loyalty/trial-balance")
    books.stock = _by(await tell.pages("/orders/stock"), "sku")
    return books


def _by(rows: Iterable[Row], name: str) -> dict[str, Row]:
    return {str(row[name]): row for row in rows}


def reconcile(books: Books) -> list[Difference]:
    """Every difference between what orders says and what the other five say of it."""
    found: list[Difference] = []
    for order in books.orders:
        found += _account(books, order)
        found += _attribution(books, order)
        found += _commission(books, order)
        found += _promotion(books, order)
        found += _points(books, order)
    found += _budgets(books)
    found += _ledger(books)
    return found


def _amount(money: Row | None) -> Decimal:
    return Decimal(money["amount"]) if money else Decimal()


def _refunded(books: Books, order: Row) -> Decimal:
    return sum((_amount(one["refund"]) for one in books.returns[order["id"]]), Decimal())


def _counts(order: Row) -> bool:
    return order["confirmed_at"] is not None and order["state"] != "cancelled"


def _net(books: Books, order: Row) -> Decimal:
    return _amount(order["net"]) - _refunded(books, order) if _counts(order) else Decimal()


def _check(book: str, order: Row, what: str, expected: object, found: object) -> list[Difference]:
    if expected == found:
        return []
    return [Difference(book, f"{what} of {order['number']}", str(expected), str(found))]


def _account(books: Books, order: Row) -> list[Difference]:
    if order["confirmed_at"] is None:
        return []
    known = books.account_orders.get(order["id"])
    if known is None:
        return _check("leads", order, "the account's order", "known", "missing")
    left = Decimal() if known["cancelled"] else _amount(known["net"]) - _amount(known["refunded"])
    return _check("leads", order, "net", _net(books, order), left)


def _attribution(books: Books, order: Row) -> list[Difference]:
    opportunity = books.opportunities.get(str(order["opportunity_id"]))
    due = opportunity is not None and opportunity["campaign_id"] is not None
    known = books.attributions.get(order["id"])
    if not due or order["confirmed_at"] is None:
        return _check("campaigns", order, "attribution", None, known and known["net"])
    if known is None:
        return _check("campaigns", order, "attribution", "known", "missing")
    return _check("campaigns", order, "net", _net(books, order), _amount(known["net"]))


def _commission(books: Books, order: Row) -> list[Difference]:
    opportunity = books.opportunities.get(str(order["opportunity_id"]))
    deal = books.deals.get(str(opportunity["deal_id"])) if opportunity else None
    known = books.commissions.get(order["id"])
    if deal is None or deal["state"] != "linked" or order["confirmed_at"] is None:
        return _check("partners", order, "commission", None, known and known["net"])
    if known is None:
        return _check("partners", order, "commission", "known", "missing")
    expected = _expected_commission(books, order, Decimal(deal["commission_percent"]))
    return _check("partners", order, "commission", expected, _amount(known["net"]))


def _expected_commission(books: Books, order: Row, percent: Decimal) -> Decimal:
    """Each line's part of net × percent, less the units of it that came back."""
    if not _counts(order):
        return Decimal()
    currency = order["net"]["currency"]
    whole = Money.of(rounded(_amount(order["net"]) * percent / 100, currency), currency)
    lines = books.details[order["id"]]["lines"]
    parts = shares(whole, [Decimal(line["net"]) for line in lines])
    back = sum(
        (
            rounded(part.amount * line["returned"] / line["quantity"], currency)
            for part, line in zip(parts, lines, strict=True)
        ),
        Decimal(),
    )
    return whole.amount - back


def _promotion(books: Books, order: Row) -> list[Difference]:
    known = books.uses.get(order["id"])
    if order["promotion_code"] is None:
        return _check("pricing", order, "promotion use", None, known and known["discount"])
    if known is None:
        return _check("pricing", order, "promotion use", "known", "missing")
    if order["promotion"] != "accepted":
        left = _amount(known["discount"]) - _amount(known["released"])
        return _check("pricing", order, "use of a refused order", Decimal(), left)
    left = _amount(known["discount"]) - _amount(known["released"])
    return _check("pricing", order, "use", _expected_use(books, order), left)


def _expected_use(books: Books, order: Row) -> Decimal:
    if order["state"] == "cancelled":
        return Decimal()
    discount = order["promotion_discount"]
    whole = Money.of(_amount(discount), discount["currency"])
    lines = books.details[order["id"]]["lines"]
    parts = shares(whole, [Decimal(line["net"]) for line in lines])
    back = sum(
        (
            rounded(part.amount * line["returned"] / line["quantity"], whole.currency)
            for part, line in zip(parts, lines, strict=True)
        ),
        Decimal(),
    )
    return whole.amount - back


def _points(books: Books, order: Row) -> list[Difference]:
    entries = books.entries[order["id"]]
    by_kind: Counter[str] = Counter()
    for entry in entries:
        by_kind[entry["kind"]] += entry["points"]
    earned = by_kind["earn"] - by_kind["reverse"]
    spent = by_kind["redeem"] - by_kind["give_back"]
    found = _check(
        "loyalty", order, "points earned", _expected_points(books, order, entries), earned
    )
    paid = order["points"] if order["redemption"] == "accepted" else 0
    back = sum(one["points_refund"] for one in books.returns[order["id"]])
    expected = 0 if order["state"] == "cancelled" else paid - back
    return found + _check("loyalty", order, "points spent", expected, spent)


def _expected_points(books: Books, order: Row, entries: Iterable[Row]) -> int:
    """The whole order's points by largest remainder over its lines, less what came back.

    A customer who was no member when the order was confirmed has no entry for it, and earns none.
    """
    if not _counts(order) or not any(entry["kind"] == "earn" for entry in entries):
        return 0
    member = next(one for one in books.members if one["customer_id"] == order["customer_id"])
    rate = Decimal(books.programs[member["program_id"]]["points_per_unit"])
    lines = books.details[order["id"]]["lines"]
    exact = [Decimal(line["net"]) * rate for line in lines]
    floors = [int(part) for part in exact]
    rest = int(sum(exact, Decimal())) - sum(floors)
    by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for index in by_remainder[:rest]:
        floors[index] += 1
    return sum(
        points - points * line["returned"] // line["quantity"]
        for points, line in zip(floors, lines, strict=True)
    )


def _budgets(books: Books) -> list[Difference]:
    """What each promotion committed is the sum of what its uses still take off."""
    used: dict[str, Decimal] = defaultdict(Decimal)
    for use in books.uses.values():
        used[use["promotion_id"]] += _amount(use["discount"]) - _amount(use["released"])
    return [
        Difference(
            "pricing", f"budget of {one['code']}", str(used[one["id"]]), one["committed"]["amount"]
        )
        for one in books.promotions
        if used[one["id"]] != _amount(one["committed"])
    ]


def _ledger(books: Books) -> list[Difference]:
    """The ledger sums to zero and is what members and lots say."""
    balance = books.trial_balance
    pairs = {
        "sum": (0, balance["total"]),
        "pending": (balance["pending"], balance["members_pending"]),
        "available": (balance["available"], balance["members_available"]),
    }
    return [
        Difference("loyalty", f"the ledger's {name}", str(expected), str(found))
        for name, (expected, found) in pairs.items()
        if expected != found
    ]
