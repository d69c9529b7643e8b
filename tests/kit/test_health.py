"""Health and metrics say what is wrong, in sentences."""

import re

from shared.kit.testing import Bench


async def test_ready_when_database_migrations_and_transport_are(orders: Bench) -> None:
    await orders.running.transport.start()
    try:
        answer = await orders.client.get("/orders/readyz", headers={"Authorization": ""})
        assert answer.json()["checks"]["database"] == "ok"
        assert answer.json()["checks"]["migrations"] == "ok"
        assert answer.json()["checks"]["transport"] == "ok"
    finally:
        await orders.running.transport.stop()


async def test_not_ready_while_the_transport_is_away_but_alive(orders: Bench) -> None:
    ready = await orders.client.get("/orders/readyz")
    alive = await orders.client.get("/orders/livez")

    assert (ready.status_code, alive.status_code) == (503, 200)
    assert ready.json()["checks"]["transport"] == "The transport does not answer."


async def test_metrics_count_requests_by_template_and_problems_by_type(orders: Bench) -> None:
    await orders.get("/orders/orders/01a20e4a-e5e1-7591-ac50-bdb961997d4c")

    text = (await orders.client.get("/orders/metrics", headers={"Authorization": ""})).text

    assert re.search(r'http_route="/orders/orders/\{order_id\}"', text)
    assert re.search(r'tradepost_problems_total\{type="not-found"\} [1-9]', text)
    assert "tradepost_outbox_pending 0.0" in text
