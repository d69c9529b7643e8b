"""What nobody sends on purpose: each is a clean problem that names it, never a 500."""

import json
from typing import Any
from urllib.parse import quote
from uuid import uuid4

import httpx
import pytest

from shared.kit.http.problems import KINDS, MEDIA_TYPE
from shared.kit.testing import Bench, faults_of

JSON = {"Content-Type": "application/json"}
NUL, LONE = "a\x00b", "a\ud800b"
DEEP = b'{"name": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
BROKEN = {
    "nothing": b"",
    "half": b'{"name": ',
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "UTF-16": '{"name": "Shop"}'.encode("utf-16"),
    "deep": DEEP,
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"lines": [{"quantity": -Infinity}]}',
    "a control character": b'{"name": "a\x00b"}',
    "a number of 5000 digits": b'{"name": ' + b"9" * 5000 + b"}",
    "two documents": b"{} {}",
}


def refused(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    """The problem, when it is a whole one and of one of these statuses."""
    assert answer.status_code in statuses, f"{answer.status_code} {answer.text[:600]}"
    assert answer.headers["content-type"] == MEDIA_TYPE
    body: dict[str, Any] = answer.json()
    assert body["type"].removeprefix("/problems/") in KINDS
    assert body["status"] == answer.status_code
    return body


def account(**more: Any) -> dict[str, Any]:
    return {"name": "Corner Shop", "country": "GB", **more}


def order(**more: Any) -> dict[str, Any]:
    line = {"sku": "LAMP", "quantity": 1}
    return {"customer_id": str(uuid4()), "currency": "GBP", "lines": [line], **more}


@pytest.mark.parametrize("path", ["/leads/accounts", "/leads/accounts/batch", "/leads/leads"])
@pytest.mark.parametrize("content", [pytest.param(v, id=k) for k, v in BROKEN.items() if v])
async def test_a_body_that_is_not_json_is_not_understood(
    leads: Bench, path: str, content: bytes
) -> None:
    body = refused(await leads.client.post(path, content=content, headers=JSON), 400)

    assert [fault["code"] for fault in body["errors"]] == ["malformed_json"]


async def test_no_body_at_all_is_missing(leads: Bench) -> None:
    refused(await leads.client.post("/leads/accounts", content=b"", headers=JSON), 422)


@pytest.mark.parametrize("content", [b"null", b"7", b'"text"', b"[]", b"true"])
async def test_json_that_is_no_object_is_refused(leads: Bench, content: bytes) -> None:
    refused(await leads.client.post("/leads/accounts", content=content, headers=JSON), 422)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (account(name=NUL), "#/name"),
        (account(external_ids={"sap": NUL}), "#/external_ids/sap"),
        (account(external_ids={NUL: "1"}), "#/external_ids"),
        (account(name=NUL, segment=NUL), "#/segment"),
    ],
)
async def test_the_character_nul_is_refused_where_it_stands(
    leads: Bench, body: dict[str, Any], pointer: str
) -> None:
    answer = await leads.post("/leads/accounts", body)

    refused(answer, 422)
    assert faults_of(answer)[pointer] == "forbidden_character"
    assert await leads.count("accounts") == 0


async def test_a_backslash_before_u0000_is_text(leads: Bench) -> None:
    answer = await leads.post("/leads/accounts", account(name="C:\\u0000"))

    assert answer.status_code == 201, answer.text
    assert answer.json()["name"] == "C:\\u0000"


@pytest.mark.parametrize("member", ["name", "segment"])
async def test_half_a_character_is_refused(leads: Bench, member: str) -> None:
    content = json.dumps(account(**{member: LONE})).encode()

    refused(await leads.client.post("/leads/accounts", content=content, headers=JSON), 400)


async def test_a_whole_pair_of_surrogates_is_one_character(leads: Bench) -> None:
    content = json.dumps(account(name="Shop 🛒")).encode()

    answer = await leads.client.post("/leads/accounts", content=content, headers=JSON)

    assert answer.json()["name"] == "Shop 🛒"


@pytest.mark.parametrize(
    "line",
    [
        {"quantity": 2**31},
        {"quantity": 2**63},
        {"quantity": 10**40},
        {"quantity": -(2**63)},
        {"quantity": 1e300},
        {"quantity": "1e400"},
        {"quantity": "NaN"},
        {"quantity": 0.5},
        {"sku": "x" * 100_000},
    ],
)
async def test_a_line_out_of_all_measure_is_refused(orders: Bench, line: dict[str, Any]) -> None:
    body = order(lines=[{"sku": "LAMP", "quantity": 1, **line}])

    refused(await orders.post("/orders/orders", body), 422)


@pytest.mark.parametrize(
    "number", [b"1e400", b"-1e400", b"1e-400", b"123456789012345678901234567890"]
)
async def test_a_number_out_of_all_measure_is_refused(orders: Bench, number: bytes) -> None:
    content = json.dumps(order()).encode().replace(b'"quantity": 1', b'"quantity": ' + number)

    refused(await orders.client.post("/orders/orders", content=content, headers=JSON), 422)


AMOUNTS = ["1e400", "-1e400", "NaN", "sNaN", "Infinity", "-inf", "1e-400", "1e999999999999999999",
           "1e-99999", "9" * 5000, "1" * 19, "", " ", "0x10", "1,5"]  # fmt: skip


@pytest.mark.parametrize("amount", AMOUNTS)
async def test_an_amount_that_cannot_be_is_refused(leads: Bench, amount: str) -> None:
    made = await leads.post("/leads/accounts", account())
    body = {
        "account_id": made.json()["id"],
        "name": "Lamps",
        "value": {"amount": amount, "currency": "GBP"},
    }

    refused(await leads.post("/leads/opportunities", body), 422)


@pytest.mark.parametrize(
    "instant",
    ["0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z",
     "99999-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00",
     "0001-01-01T00:00:00+12:00", "2026-02-30T00:00:00Z", "1e400", "9" * 40, "-" + "9" * 18,
     "NaN", "infinity", "now", NUL, ""],
)  # fmt: skip
@pytest.mark.parametrize("parameter", ["placed_at_gte", "placed_at_lt"])
async def test_an_instant_that_cannot_be_is_refused(
    orders: Bench, parameter: str, instant: str
) -> None:
    answer = await orders.get("/orders/orders", **{parameter: instant})

    refused(answer, 400)
    assert list(faults_of(answer)) == [parameter]


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:01Z", "9999-12-31T23:59:59.999998Z"])
async def test_the_first_and_last_instants_are_instants(orders: Bench, instant: str) -> None:
    assert (await orders.get("/orders/orders", placed_at_gte=instant)).status_code == 200


@pytest.mark.parametrize("number", ["1e400", "NaN", "sNaN", "-Infinity", "9" * 5000, "ten", NUL])
async def test_a_number_filter_that_cannot_be_is_refused(orders: Bench, number: str) -> None:
    answer = await orders.get("/orders/orders", net_gte=number)

    refused(answer, 400)
    assert list(faults_of(answer)) == ["net_gte"]


@pytest.mark.parametrize(
    "number", ["1" * 30, "1" * 300, "1e130", "1e-99999", "-1e30", "0.1234567890123"]
)
async def test_a_number_filter_beyond_every_row_is_answered_or_refused(
    orders: Bench, number: str
) -> None:
    answer = await orders.get("/orders/orders", net_gte=number)

    assert answer.status_code in {200, 400}, answer.text


@pytest.mark.parametrize(
    "text", ["%", "_", "\\", "'", '"', "\u202e", "🛒", "x" * 5000, "%_\\'\"--;"]
)
@pytest.mark.parametrize("parameter", ["q", "number", "currency"])
async def test_any_text_may_be_looked_for(orders: Bench, parameter: str, text: str) -> None:
    answer = await orders.get("/orders/orders", **{parameter: text})

    assert answer.status_code == 200, answer.text
    assert answer.json()["items"] == []


@pytest.mark.parametrize("parameter", ["q", "number", "state", "customer_id", "sort", "cursor"])
async def test_nul_in_a_query_is_refused(orders: Bench, parameter: str) -> None:
    answer = await orders.get("/orders/orders", **{parameter: NUL})

    refused(answer, 400)
    assert list(faults_of(answer)) == [parameter]


@pytest.mark.parametrize("query", ["q=%FF%FE", "q=%ED%A0%80", "number=%C0%80"])
async def test_bytes_in_a_query_that_are_not_utf8_are_no_bug(orders: Bench, query: str) -> None:
    assert (await orders.get(f"/orders/orders?{query}")).status_code in {200, 400}


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=201", f"limit={2**63}", "limit=" + "9" * 5000, "limit=1e3", "limit=٣٣٣",
     "limit=", "include_total=perhaps", "sort=", "sort=-", "sort=--net", "cursor=%F0%9F%9B%92",
     "cursor=" + "A" * 8000, "cursor=====", "cursor=", "customer_id=7", "state=lost", "%00=1",
     "q="],
)  # fmt: skip
async def test_a_question_that_makes_no_sense_is_not_understood(orders: Bench, query: str) -> None:
    body = refused(await orders.get(f"/orders/orders?{query}"), 400)

    assert len(body["errors"]) == 1


@pytest.mark.parametrize("given", ["perhaps", "2", "", NUL])
async def test_a_trial_is_true_or_false(leads: Bench, given: str) -> None:
    answer = await leads.post("/leads/accounts", account(), params={"dry_run": given})

    refused(answer, 400)
    assert list(faults_of(answer)) == ["dry_run"]


@pytest.mark.parametrize("word", ["%00", "a%00b", "%FF", "%F0%9F%9B%92", "x" * 81, "a%2Fb", "%20"])
@pytest.mark.parametrize("method", ["GET", "PUT"])
async def test_a_key_of_another_system_may_be_odd_but_is_no_bug(
    leads: Bench, method: str, word: str
) -> None:
    body = None if method == "GET" else account()
    path = f"/leads/accounts/by-external-id/sap/{word}"

    answer = await leads.client.request(method, path, json=body)

    assert answer.status_code in {200, 201, 404, 405, 422}, answer.text
    if "%00" in word:
        refused(answer, 422)


@pytest.mark.parametrize("word", ["7", "not-a-uuid", "%00", quote("🛒"), "x" * 5000])
async def test_an_id_that_is_none_is_refused_by_name(leads: Bench, word: str) -> None:
    answer = await leads.get(f"/leads/accounts/{word}")

    refused(answer, 422)
    assert list(faults_of(answer)) == ["account_id"]


@pytest.mark.parametrize(
    "given", ['"', "v", "W/", '"v1", "v2"', "v99999999999", "٣", "'1'", "-1", ""]
)
async def test_an_if_match_that_is_no_etag_is_not_understood(leads: Bench, given: str) -> None:
    made = (await leads.post("/leads/accounts", account())).json()
    headers = {"If-Match": given.encode()}

    answer = await leads.client.patch(
        f"/leads/accounts/{made['id']}", json={"name": "New"}, headers=headers
    )

    refused(answer, 400, 428)


async def test_a_change_without_a_version_is_asked_for_it_first(leads: Bench) -> None:
    refused(await leads.client.patch(f"/leads/accounts/{uuid4()}", json={"nmae": 1}), 428)


@pytest.mark.parametrize("key", ["", '""', "k" * 256, "k" * 10_000, '"' + "k" * 256 + '"'])
async def test_a_key_of_the_wrong_length_is_not_understood(leads: Bench, key: str) -> None:
    answer = await leads.post("/leads/accounts", account(), headers={"Idempotency-Key": key})

    refused(answer, 400)
    assert list(faults_of(answer)) == ["Idempotency-Key"]


@pytest.mark.parametrize("key", ["schlüssel", "🛒", "ключ", "k" * 255, '"quoted"', "a b"])
async def test_any_other_key_is_kept_and_replayed(leads: Bench, key: str) -> None:
    headers = {b"Idempotency-Key": key.encode()}

    first = await leads.client.post("/leads/accounts", json=account(), headers=headers)
    second = await leads.client.post("/leads/accounts", json=account(), headers=headers)

    assert first.status_code == second.status_code == 201, first.text
    assert second.json() == first.json()
    assert second.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize(
    "header", ["X-Correlation-Id", "X-Request-Id", "traceparent", "Authorization"]
)
@pytest.mark.parametrize(
    "given", [b"\xff\xfe", "🛒".encode(), b"x" * 10_000, b"00-zz-zz-zz", b"\x7f"]
)
async def test_a_header_of_nonsense_is_no_bug(leads: Bench, header: str, given: bytes) -> None:
    answer = await leads.client.post(
        "/leads/accounts", json=account(), headers={header.encode(): given}
    )

    assert answer.status_code == (401 if header == "Authorization" else 201), answer.text


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/", "application/xml", "json", "*/*"]
)
async def test_a_body_of_another_kind_is_told_so(leads: Bench, kind: str) -> None:
    answer = await leads.client.post(
        "/leads/accounts", content=b"{}", headers={"Content-Type": kind}
    )

    refused(answer, 415)


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "APPLICATION/JSON"])
async def test_json_is_known_by_its_name_alone(leads: Bench, kind: str) -> None:
    answer = await leads.client.post(
        "/leads/accounts", content=json.dumps(account()), headers={"Content-Type": kind}
    )

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("length", ["abc", "-1", "1.5", ""])
async def test_a_length_that_is_no_number_is_no_bug(leads: Bench, length: str) -> None:
    answer = await leads.client.post(
        "/leads/accounts", content=b"{}", headers={**JSON, "Content-Length": length}
    )

    refused(answer, 400, 422)


@pytest.mark.parametrize("method", ["DELETE", "TRACE", "HEAD", "OPTIONS", "NONSENSE"])
async def test_a_method_that_is_not_taken_names_all_that_are(leads: Bench, method: str) -> None:
    answer = await leads.client.request(method, "/leads/accounts")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"


async def test_what_the_driver_takes_for_infinity_is_no_instant(pricing: Bench) -> None:
    await pricing.post("/pricing/products", {"sku": "LAMP", "name": "Lamp"})
    price = {"sku": "LAMP", "currency": "GBP", "amount": "1.00"}

    answer = await pricing.post("/pricing/prices", {**price, "valid_from": "0001-01-01T00:00:00Z"})

    refused(answer, 422)
    assert list(faults_of(answer)) == ["#/valid_from"]
