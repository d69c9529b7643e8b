"""A file of past orders: every row is a line or is refused with its reason, also after a crash."""

import asyncio
import gzip
from contextlib import suppress
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from orders.import_history.rules import COLUMNS, LineKind, PastLine, Refusal, line_of
from shared.events.orders import HistoryImported
from shared.kit.testing import Bench

HEADER = "Invoice,StockCode,Description,Quantity,InvoiceDate,Price,Customer ID,Country\n"
ROWS = """489434,85048,15CM CHRISTMAS GLASS BALL 20 LIGHTS,12,2009-12-01 07:45:00,6.95,13085,United Kingdom
489434,22041,"RECORD FRAME 7"" SINGLE, SIZE ",48,2010-06-01 07:45:00,2.1,13085,United Kingdom
C489449,22087,PAPER BUNTING WHITE LACE,-12,2009-12-01 10:33:00,2.95,16321,Australia
489434,POST,POSTAGE,1,2009-12-01 07:45:00,18.00,,France
489464,21733,85123a mixed,-96,2009-12-01 10:52:00,0.0,,United Kingdom
489470,M,Manual,1,2009-12-01 10:52:00,5.00,,United Kingdom
A506401,B,Adjust bad debt,1,2010-04-29 13:36:00,-53594.36,,United Kingdom
489471,22041,FREE,1,2009-12-01 10:52:00,0.0,,United Kingdom
489472,22041,BROKEN,x,2009-12-01 10:52:00,1.0,,United Kingdom
489473,22041,SHORT
"""
EXPECTED = {"rows": 10, "sold": 3, "returned": 1, "refused": 6}


async def _upload(orders: Bench, content: bytes, **how):
    query = {"currency": "GBP", "zone": "Europe/London", **how}
    headers = {"content-type": "text/csv"}
    return await orders.client.post(
        "/orders/imports", content=content, params=query, headers=headers
    )


async def _run_jobs(orders: Bench) -> None:
    while await orders.running.jobs.run_next():
        pass


def _line(row: str) -> PastLine | Refusal:
    places = {name: index for index, name in enumerate(COLUMNS)}
    return line_of(row.split(","), places, "GBP", ZoneInfo("Europe/London"))


def test_a_summer_time_is_read_in_its_zone() -> None:
    line = _line("489434,22041,FRAME,48,2010-06-01 07:45:00,2.1,13085,United Kingdom")

    assert isinstance(line, PastLine)
    assert line.sold_at.isoformat() == "2010-06-01T06:45:00+00:00"
    assert (line.kind, line.net) == (LineKind.SOLD, Decimal("100.80"))


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("A506401,B,x,1,2010-04-29 13:36:00,5,,UK", "not_an_order"),
        ("489470,BANK CHARGES,x,1,2010-04-29 13:36:00,5,,UK", "not_a_product"),
        ("489470,22041,x,-1,2010-04-29 13:36:00,5,,UK", "stock_adjustment"),
        ("C489470,22041,x,1,2010-04-29 13:36:00,5,,UK", "not_a_return"),
        ("489470,22041,x,1,2010-04-29 13:36:00,0,,UK", "no_price"),
        ("489470,22041,x,1,yesterday,5,,UK", "malformed"),
        ("489470,22041", "malformed"),
    ],
)
def test_what_is_no_order_line_is_refused_with_its_reason(row: str, code: str) -> None:
    found = _line(row)

    assert isinstance(found, Refusal)
    assert found.code == code


@pytest.mark.pcf("3.4.1.1")
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
async def test_a_file_is_taken_in_row_by_row(orders: Bench, pack) -> None:
    answer = await _upload(orders, pack((HEADER + ROWS).encode()))
    assert answer.status_code == 202, answer.text

    await _run_jobs(orders)

    view = (await orders.get(answer.headers["location"])).json()
    assert view["state"] == "done_with_faults"
    assert {name: view["counts"][name] for name in EXPECTED} == EXPECTED
    refused = (await orders.get(f"{answer.headers['location']}/refused-rows")).json()["items"]
    assert [(r["row"], r["code"]) for r in refused] == [
        (5, "stock_adjustment"),
        (6, "not_a_product"),
        (7, "not_an_order"),
        (8, "no_price"),
        (9, "malformed"),
        (10, "malformed"),
    ]
    exported = await orders.get(f"{answer.headers['location']}/refused-rows.csv")
    assert exported.text.count("\r\n") == 7
    lines = (await orders.get("/orders/sales-lines", kind="sold")).json()["items"]
    assert [line["description"] for line in lines][1] == 'RECORD FRAME 7" SINGLE, SIZE'
    told = (await orders.told(HistoryImported))[0].data
    assert {name: told[name] for name in EXPECTED} == EXPECTED
    assert await orders.count("history_pieces") == 0


async def test_the_same_content_is_taken_once(orders: Bench) -> None:
    content = (HEADER + ROWS).encode()
    first = await _upload(orders, content)
    second = await _upload(orders, content, file_name="other-name.csv")

    await _run_jobs(orders)

    assert first.json()["id"] == second.json()["id"]
    assert await orders.count("sales_lines") == 4
    assert await orders.count("history_pieces") == 0


async def test_after_a_stop_it_goes_on_where_it_stood(orders: Bench) -> None:
    row = ROWS.splitlines()[0] + "\n"
    answer = await _upload(orders, (HEADER + row * 30_000).encode())
    running = asyncio.create_task(orders.running.jobs.run_next())
    while await orders.count("sales_lines") == 0:
        await asyncio.sleep(0.01)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
    half = await orders.count("sales_lines")

    await _run_jobs(orders)

    view = (await orders.get(answer.headers["location"])).json()
    assert 0 < half < 30_000
    assert (view["state"], view["counts"]["sold"]) == ("done", 30_000)
    assert await orders.count("sales_lines") == 30_000


async def test_a_file_without_its_columns_fails_with_their_names(orders: Bench) -> None:
    answer = await _upload(orders, b"a,b\n1,2\n")

    await _run_jobs(orders)

    view = (await orders.get(answer.headers["location"])).json()
    assert view["state"] == "failed"
    assert "invoice, stockcode" in view["error"]


async def test_a_wrong_zone_or_currency_is_refused_before_anything_is_kept(orders: Bench) -> None:
    zone = await _upload(orders, b"x", zone="Europe/Londn")
    currency = await _upload(orders, b"x", currency="POUND")

    assert (zone.status_code, currency.status_code) == (422, 400)
    assert await orders.count("history_pieces") == 0
