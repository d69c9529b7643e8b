"""Orders through the HTTP door: what is accepted, what is refused, and what two at once get."""

import asyncio
from uuid import uuid4

import pytest

from shared.events.orders import OrderBackOrdered, OrderConfirmed, OrderPlaced
from shared.kit.testing import Bench, faults_of


@pytest.mark.pcf("3.5.4.1", "3.5.4.5")
async def test_an_order_in_stock_is_reserved_and_confirmed(orders: Bench, world) -> None:
    customer = await world.customer()
    await world.product("LAMP", "2.50", on_hand=10)

    answer = await orders.post("/orders/orders", world.order(customer, LAMP=4))

    assert answer.status_code == 201, answer.text
    order = answer.json()
    assert answer.headers["location"] == f"/orders/orders/{order['id']}"
    assert answer.headers["etag"] == '"v2"'
    assert order["state"] == "confirmed"
    assert order["net"] == {"amount": "10.00", "currency": "GBP"}
    assert [(line["reserved"], line["waiting"]) for line in order["lines"]] == [(4, 0)]
    assert order["allowed_actions"] == ["cancel", "ship"]
    told = [(e.type, e.sequence) for e in await orders.told() if e.key == order["id"]]
    assert told == [(OrderPlaced.TYPE, 1), (OrderConfirmed.TYPE, 2)]
    read = await orders.get(f"/orders/orders/{order['id']}")
    assert read.json() == order


async def test_what_is_short_waits(orders: Bench, world) -> None:
    customer = await world.customer()
    await world.product("LAMP", on_hand=3)

    order = (await orders.post("/orders/orders", world.order(customer, LAMP=5))).json()

    assert [(line["reserved"], line["waiting"]) for line in order["lines"]] == [(3, 2)]
    short = (await orders.told(OrderBackOrdered))[0].data["lines"]
    assert short == [{"line": 1, "sku": "LAMP", "quantity": 2}]


async def test_all_faults_are_named_at_once_and_nothing_is_kept(orders: Bench, world) -> None:
    await world.product("LAMP", "2.50", on_hand=3)
    body = {
        "customer_id": str(uuid4()),
        "currency": "GBP",
        "lines": [
            {"sku": "NOPE", "quantity": 1},
            {"sku": "LAMP", "quantity": 1, "unit_price": "1.00"},
        ],
    }

    answer = await orders.post("/orders/orders", body)

    assert answer.status_code == 422
    assert faults_of(answer) == {
        "#/customer_id": "unknown_customer",
        "#/lines/0/sku": "unknown_product",
        "#/lines/1/unit_price": "price_differs",
    }
    assert await orders.count("orders") == 0
    assert await orders.told(OrderPlaced) == []


async def test_the_schema_names_every_fault_with_its_remedy(orders: Bench) -> None:
    body = {"custmer_id": "x", "currency": "EURO", "lines": [{"sku": "", "quantity": 0, "qty": 1}]}

    answer = await orders.post("/orders/orders", body)

    assert answer.status_code == 422
    assert faults_of(answer) == {
        "#/customer_id": "required",
        "#/currency": "unknown_currency",
        "#/lines/0/sku": "too_short",
        "#/lines/0/quantity": "too_small",
        "#/lines/0/qty": "unknown_member",
        "#/custmer_id": "unknown_member",
    }
    remedies = {f["pointer"]: f["remedy"] for f in answer.json()["errors"]}
    assert remedies["#/custmer_id"] == "Leave it out. Did you mean customer_id?"


async def test_a_segment_and_a_quantity_have_their_own_price(orders: Bench, world) -> None:
    customer = await world.customer(segment="wholesale")
    await world.product("LAMP", "2.50", on_hand=100)
    await world.price("LAMP", "2.00", segment="wholesale")
    await world.price("LAMP", "1.50", segment="wholesale", quantity=10)

    few = (await orders.post("/orders/orders", world.order(customer, LAMP=9))).json()
    many = (await orders.post("/orders/orders", world.order(customer, LAMP=10))).json()

    assert (few["net"]["amount"], many["net"]["amount"]) == ("18.00", "15.00")


async def test_eight_buyers_and_three_lamps(orders: Bench, world) -> None:
    """Each gets an order; three have a lamp, five wait; nothing is oversold."""
    customer = await world.customer()
    await world.product("LAMP", on_hand=3)

    answers = await asyncio.gather(
        *(orders.post("/orders/orders", world.order(customer, LAMP=1)) for _ in range(8))
    )

    reserved = [answer.json()["lines"][0]["reserved"] for answer in answers]
    assert sorted(reserved) == [0, 0, 0, 0, 0, 1, 1, 1]
    stock = (await orders.get("/orders/stock", sku="LAMP")).json()["items"][0]
    assert (stock["on_hand"], stock["reserved"]) == (3, 3)


async def test_orders_that_name_the_same_products_in_opposite_order_do_not_deadlock(
    orders: Bench, world
) -> None:
    customer = await world.customer()
    await world.product("LAMP", on_hand=1000)
    await world.product("VASE", on_hand=1000)
    one, other = world.order(customer, LAMP=1, VASE=1), world.order(customer, VASE=1, LAMP=1)

    answers = await asyncio.gather(
        *(orders.post("/orders/orders", body) for body in [one, other] * 20)
    )

    assert {answer.status_code for answer in answers} == {201}


async def test_the_same_key_and_body_get_the_same_answer(orders: Bench, world) -> None:
    customer = await world.customer()
    await world.product("LAMP", on_hand=10)
    body = world.order(customer, LAMP=1)

    first = await orders.post("/orders/orders", body, headers={"Idempotency-Key": "k-1"})
    again = await orders.post("/orders/orders", body, headers={"Idempotency-Key": '"k-1"'})
    other = await orders.post(
        "/orders/orders", world.order(customer, LAMP=2), headers={"Idempotency-Key": "k-1"}
    )

    assert first.status_code == again.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == first.headers["location"]
    assert other.status_code == 422
    assert other.json()["type"] == "/problems/key-reused"
    assert await orders.count("orders") == 1


async def test_twenty_at_once_with_one_key_make_one_order(orders: Bench, world) -> None:
    """One gets the order; the others get its answer again, or hear that it is in flight."""
    customer = await world.customer()
    await world.product("LAMP", on_hand=10)
    body = world.order(customer, LAMP=1)

    answers = await asyncio.gather(
        *(
            orders.post("/orders/orders", body, headers={"Idempotency-Key": "k-20"})
            for _ in range(20)
        )
    )

    assert {answer.status_code for answer in answers} <= {201, 409}
    fresh = [a for a in answers if a.status_code == 201 and "idempotency-replayed" not in a.headers]
    assert len(fresh) == 1
    assert all(a.headers["retry-after"] == "1" for a in answers if a.status_code == 409)
    assert await orders.count("orders") == 1


async def test_a_refused_order_does_not_use_up_its_key(orders: Bench, world) -> None:
    customer = await world.customer()
    await world.product("LAMP", on_hand=10)
    key = {"Idempotency-Key": "k-2"}

    refused = await orders.post("/orders/orders", world.order(customer, NOPE=1), headers=key)
    mended = await orders.post("/orders/orders", world.order(customer, LAMP=1), headers=key)

    assert (refused.status_code, mended.status_code) == (422, 201)


async def test_a_dry_run_says_what_would_be_and_keeps_nothing(orders: Bench, world) -> None:
    customer = await world.customer()
    await world.product("LAMP", on_hand=10)

    trial = await orders.post(
        "/orders/orders", world.order(customer, LAMP=2), params={"dry_run": "1"}
    )

    assert trial.status_code == 201
    assert trial.headers["dry-run"] == "true"
    assert [e["type"] for e in trial.json()["would_emit"]] == [
        OrderPlaced.TYPE,
        OrderConfirmed.TYPE,
    ]
    assert trial.json()["net"]["amount"] == "5.00"
    assert await orders.count("orders") == 0
    stock = (await orders.get("/orders/stock", sku="LAMP")).json()["items"][0]
    assert stock["reserved"] == 0


async def test_a_customer_uses_a_purchase_order_number_once(orders: Bench, world) -> None:
    customer = await world.customer()
    await world.product("LAMP", on_hand=10)
    body = {**world.order(customer, LAMP=1), "po_number": "PO-7"}

    first, second = await asyncio.gather(
        orders.post("/orders/orders", body), orders.post("/orders/orders", body)
    )

    assert sorted([first.status_code, second.status_code]) == [201, 409]


async def test_a_cancelled_order_gives_back_its_stock(orders: Bench, world) -> None:
    customer = await world.customer()
    await world.product("LAMP", on_hand=10)
    order = (await orders.post("/orders/orders", world.order(customer, LAMP=4))).json()

    answer = await orders.post(f"/orders/orders/{order['id']}/cancel", {"reason": "Ordered twice."})
    again = await orders.post(f"/orders/orders/{order['id']}/cancel", {"reason": "Ordered twice."})

    assert answer.json()["state"] == "cancelled"
    assert again.status_code == 409
    stock = (await orders.get("/orders/stock", sku="LAMP")).json()["items"][0]
    assert (stock["on_hand"], stock["reserved"]) == (10, 0)


async def test_pages_hold_still_while_orders_come_in(orders: Bench, world) -> None:
    customer = await world.customer()
    await world.product("LAMP", on_hand=100)
    for _ in range(7):
        await orders.post("/orders/orders", world.order(customer, LAMP=1))
    expected = {o["id"] for o in (await orders.get("/orders/orders")).json()["items"]}

    seen: list[str] = []
    page = (await orders.get("/orders/orders", limit=3)).json()
    while True:
        seen += [order["id"] for order in page["items"]]
        await orders.post("/orders/orders", world.order(customer, LAMP=1))
        if page["next"] is None:
            break
        page = (await orders.get(page["next"])).json()

    assert len(seen) == len(set(seen)) == 7
    assert set(seen) == expected


async def test_a_cursor_belongs_to_its_filter_and_cannot_be_forged(orders: Bench, world) -> None:
    customer = await world.customer()
    await world.product("LAMP", on_hand=100)
    for _ in range(3):
        await orders.post("/orders/orders", world.order(customer, LAMP=1))
    page = (await orders.get("/orders/orders", limit=1)).json()
    cursor = page["next"].split("cursor=")[1]

    other = await orders.get("/orders/orders", limit=1, cursor=cursor, state="confirmed")
    forged = await orders.get("/orders/orders", cursor="x" + cursor[1:])

    assert (other.status_code, forged.status_code) == (400, 400)
    assert faults_of(other) == {"cursor": "bad_cursor"}


async def test_an_unknown_parameter_is_named_with_what_was_meant(orders: Bench) -> None:
    answer = await orders.get("/orders/orders", stat="confirmed")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["remedy"] == "Leave it out. Did you mean state?"


async def test_without_token_or_scope_nothing_is_open(orders: Bench) -> None:
    nobody = await orders.client.get("/orders/orders", headers={"Authorization": ""})
    reader = await orders.client.post(
        "/orders/orders", json={}, headers=orders.bearer("orders:read")
    )

    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    assert (reader.status_code, reader.json()["missing_scope"]) == (403, "orders:write")


JSON = {"content-type": "application/json"}


@pytest.mark.parametrize(
    ("method", "path", "how", "status"),
    [
        ("GET", "/orders/nowhere", {}, 404),
        ("DELETE", "/orders/orders", {}, 405),
        (
            "POST",
            "/orders/orders",
            {"content": "{", "headers": JSON},
            400,
        ),
        (
            "POST",
            "/orders/orders",
            {"content": "a=1", "headers": {"content-type": "text/plain"}},
            415,
        ),
        (
            "POST",
            "/orders/orders",
            {"content": "[" * 2_100_000, "headers": JSON},
            413,
        ),
        ("GET", "/orders/orders/x", {}, 422),
        ("GET", f"/orders/orders/{uuid4()}", {}, 404),
    ],
)
async def test_every_refusal_is_a_problem(orders: Bench, method, path, how, status) -> None:
    answer = await orders.client.request(method, path, **how)

    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert {"type", "title", "detail", "instance", "request_id"} <= problem.keys()
