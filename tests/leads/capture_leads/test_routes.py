"""Leads through the HTTP door: new, recognised, given up."""

import asyncio
from uuid import uuid4

import pytest

from shared.events.leads import LeadCaptured, LeadScored, LeadTouched
from shared.kit.testing import Bench, faults_of


@pytest.mark.pcf("3.5.1.2")
async def test_a_lead_is_captured_scored_and_told(leads: Bench, world) -> None:
    consent = {
        "channel": "email",
        "given": True,
        "at": "2026-03-02T09:00:00Z",
        "wording": "You may write to me.",
    }
    body = world.person(email="Ann@CornerShop.example", source="form", consents=[consent])

    answer = await leads.post("/leads/leads", body)

    assert answer.status_code == 201, answer.text
    lead = answer.json()
    assert answer.headers["location"] == f"/leads/leads/{lead['id']}"
    assert (lead["state"], lead["email"]) == ("new", "ann@cornershop.example")
    assert lead["recognised"] is False
    assert (lead["fit"], lead["behaviour"], lead["score"]) == (45, 12, 57)
    assert sum(part["points"] for part in lead["explanation"]) == 57
    assert lead["consents"] == [{**consent, "source": "form"}]
    assert [(t["kind"], t["weight"]) for t in lead["touches"]] == [("form", 12)]
    assert lead["allowed_actions"] == ["work", "qualify", "nurture", "disqualify"]
    assert lead["first_response_due_at"] > lead["created_at"]
    assert lead["responded_at"] is None
    assert await world.kinds(lead["id"]) == [("captured", 1), ("scored", 2)]
    assert await world.read(f"/leads/leads/{lead['id']}") == lead


async def test_a_known_lead_is_touched_and_not_captured_twice(leads: Bench, world) -> None:
    first = await world.lead(source="form", phone=None)

    answer = await leads.post("/leads/leads", world.person(email="ANN@cornershop.example"))

    assert answer.status_code == 200
    lead = answer.json()
    assert (lead["id"], lead["recognised"]) == (first["id"], True)
    assert (first["phone"], lead["phone"]) == (None, "+442071234567")
    assert (lead["fit"], lead["behaviour"]) == (45, 20)
    assert [touch["source"] for touch in lead["touches"]] == ["form", "api"]
    assert await world.kinds(lead["id"]) == [
        ("captured", 1),
        ("scored", 2),
        ("touched", 3),
        ("scored", 4),
    ]
    assert await leads.count("leads") == 1


async def test_without_the_same_address_company_and_person_count(leads: Bench, world) -> None:
    first = await world.lead()
    other = world.person(email="ann@elsewhere.example", company="CORNER SHOP limited")

    same = await leads.post("/leads/leads", other)
    colleague = await leads.post(
        "/leads/leads", world.person(email="bob@cornershop.example", contact_name="Bob")
    )

    assert (same.status_code, same.json()["id"]) == (200, first["id"])
    assert colleague.status_code == 201


async def test_what_was_not_said_makes_nobody_the_same(leads: Bench, world) -> None:
    """Neither two without an address, nor two without a company, nor accounts without a domain."""
    await world.account("No Domain")
    nameless = {"company": None, "contact_name": None}

    made = [
        await world.lead(email=None),
        await world.lead(email=None, contact_name="Bob"),
        await world.lead(email=None, phone="+442079999999", **nameless),
        await world.lead(email="c@gmail.com", **nameless),
        await world.lead(email="d@gmail.com", **nameless),
    ]

    assert len({lead["id"] for lead in made}) == 5
    assert {lead["account_id"] for lead in made} == {None}


async def test_who_was_given_up_may_come_again(leads: Bench, world) -> None:
    first = await world.lead()
    given_up = await leads.post(f"/leads/leads/{first['id']}/disqualify", {"reason": "No budget."})

    again = await leads.post("/leads/leads", world.person())

    assert given_up.json()["state"] == "disqualified"
    assert again.status_code == 201
    assert again.json()["id"] != first["id"]


async def test_twenty_captures_of_one_person_at_once_make_one_lead(leads: Bench, world) -> None:
    """One captures, nineteen touch; nobody is refused and no touch is lost."""
    answers = await asyncio.gather(*(leads.post("/leads/leads", world.person()) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [200] * 19 + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert (await leads.count("leads"), await leads.count("lead_touches")) == (1, 20)
    assert len(await leads.told(LeadCaptured)) == 1
    assert len(await leads.told(LeadTouched)) == 19
    sequences = [sequence for _, sequence in await world.kinds(answers[0].json()["id"])]
    assert sorted(sequences) == list(range(1, len(sequences) + 1))


@pytest.mark.parametrize(
    ("account", "person"),
    [
        ({"name": "CORNER SHOP"}, {"email": "ann@gmail.com"}),
        ({"name": "Other", "website": "www.cornershop.example"}, {"company": None}),
        ({"name": "Other", "email": "info@cornershop.example"}, {}),
    ],
)
async def test_a_lead_of_a_known_account_is_recognised(
    leads: Bench, world, account, person
) -> None:
    known = await world.account(**account)

    lead = await world.lead(**person)

    assert lead["account_id"] == known["id"]
    points = {part["what"]: part["points"] for part in lead["explanation"]}
    assert points["account is known"] == 15
    (told,) = await leads.told(LeadCaptured)
    assert told.data["account_id"] == known["id"]


async def test_the_same_name_in_another_country_is_another_account(leads: Bench, world) -> None:
    await world.account(country="FR")
    assert (await world.lead())["account_id"] is None


async def test_all_faults_are_named_at_once_and_nothing_is_kept(leads: Bench) -> None:
    body = {"country": "ZZ", "email": "ann@", "phone": "12", "source": "dream", "stat": 1}

    wrong = await leads.post("/leads/leads", body)
    mute = await leads.post("/leads/leads", {"country": "GB", "company": "Shop"})

    assert faults_of(wrong) == {
        "#/country": "unknown_value",
        "#/email": "wrong_format",
        "#/phone": "wrong_format",
        "#/source": "unknown_value",
        "#/stat": "unknown_member",
    }
    assert faults_of(mute) == {"#": "unreachable"}
    assert await leads.count("leads") == 0
    assert await leads.told() == []


async def test_a_dry_run_captures_nobody(leads: Bench, world) -> None:
    trial = await leads.post("/leads/leads", world.person(), params={"dry_run": "1"})

    assert trial.status_code == 201, trial.text
    assert [e["type"] for e in trial.json()["would_emit"]] == [LeadCaptured.TYPE, LeadScored.TYPE]
    assert await leads.count("leads") == 0


async def test_a_lead_is_nurtured_taken_up_and_given_up(leads: Bench, world) -> None:
    lead = await world.lead()
    path = f"/leads/leads/{lead['id']}"

    nurtured = await leads.post(f"{path}/nurture", {"reason": "Next year."})
    early = await leads.post(
        f"{path}/qualify", {"name": "X", "expected": {"amount": "1", "currency": "GBP"}}
    )
    given_up = await leads.post(f"{path}/disqualify", {"reason": "Closed down."})
    again = await leads.post(f"{path}/nurture", {"reason": "Next year."})

    assert (nurtured.json()["state"], early.status_code) == ("nurture", 409)
    assert nurtured.json()["allowed_actions"] == ["work", "disqualify"]
    assert given_up.json()["reason"] == "Closed down."
    assert again.status_code == 409
    assert [kind for kind, _ in await world.kinds(lead["id"])] == [
        "captured",
        "scored",
        "nurtured",
        "disqualified",
    ]


async def test_a_list_of_leads_is_filtered(leads: Bench, world) -> None:
    campaign = str(uuid4())
    ann = await world.lead(campaign_id=campaign)
    bob = await world.lead(
        email="bob@gmail.com", contact_name="Bob", company=None, country="AQ", phone=None
    )

    async def ids(**query: object) -> list[str]:
        return [i["id"] for i in (await leads.get("/leads/leads", **query)).json()["items"]]

    assert await ids() == [bob["id"], ann["id"]]
    assert await ids(sort="-score") == [ann["id"], bob["id"]]
    assert await ids(score_gte=30) == [ann["id"]]
    assert await ids(campaign_id=campaign) == [ann["id"]]
    assert await ids(state="working") == []
    assert await ids(q="bob@") == [bob["id"]]
