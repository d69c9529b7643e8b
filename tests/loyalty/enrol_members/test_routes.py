"""Members and programmes through the HTTP door."""

import asyncio
from uuid import uuid4

import pytest

from shared.events.loyalty import MemberEnrolled
from shared.kit.testing import Bench, faults_of


@pytest.mark.pcf("3.2.6.2")
async def test_a_customer_is_enrolled_once_whoever_asks(loyalty: Bench, club) -> None:
    customer = await club.customer()

    answers = await asyncio.gather(
        *(loyalty.post("/loyalty/members", club.enrolment(customer)) for _ in range(5))
    )

    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert len(await loyalty.told(MemberEnrolled)) == 1
    number = (await loyalty.told(MemberEnrolled))[0].data["number"]
    refused = [answer.json() for answer in answers if answer.status_code == 409]
    assert {one["detail"] for one in refused} == {f"The customer is member {number} already."}
    assert len({one["member_id"] for one in refused}) == 1
    listed = (await loyalty.get("/loyalty/members", customer_id=str(customer))).json()["items"]
    assert len(listed) == 1


async def test_all_that_forbids_an_enrolment_is_named(loyalty: Bench, club) -> None:
    body = {
        "customer_id": str(uuid4()),
        "program_id": str(uuid4()),
        "consent": {"given": False, "wording": "No thanks."},
    }

    answer = await loyalty.post("/loyalty/members", body)

    assert faults_of(answer) == {
        "#/customer_id": "unknown_customer",
        "#/program_id": "no_active_program",
        "#/consent/given": "consent_needed",
    }
    assert await loyalty.count("members") == 0


@pytest.mark.pcf("3.2.6.1")
async def test_a_currency_has_one_active_programme(loyalty: Bench, club) -> None:
    body = {"name": "Another", "currency": "GBP", "points_per_unit": "2", "point_value": "0.01"}
    other = (await loyalty.post("/loyalty/programs", body)).headers["location"]

    refused = await loyalty.post(f"{other}/activate")
    await loyalty.post(f"/loyalty/programs/{club.program['id']}/close")
    accepted = await loyalty.post(f"{other}/activate")

    assert (refused.status_code, accepted.status_code) == (409, 200)
    assert accepted.json()["allowed_actions"] == ["close"]


async def test_a_member_shows_what_they_agreed_to(loyalty: Bench, club) -> None:
    customer = await club.customer()
    body = club.enrolment(customer) | {"external_ids": {"crm": "77"}}
    body["consent"]["at"] = "2026-01-02T03:04:05Z"

    made = await loyalty.post("/loyalty/members", body)

    member = (await loyalty.get(made.headers["location"])).json()
    assert member["consent"] == {
        "given": True,
        "at": "2026-01-02T03:04:05Z",
        "wording": "I want to collect points.",
    }
    assert member["external_ids"] == {"crm": "77"}
    found = (await loyalty.get("/loyalty/members", q="77")).json()["items"]
    assert [one["id"] for one in found] == [member["id"]]
