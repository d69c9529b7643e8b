"""One lead becomes a loyal customer: through all six services, by HTTP and events alone.

Each step is a method; `run` performs them in order. The test of the journey and the command
`tradepost demo` perform the same one.
"""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from tradepost.demo.story import Teller

LIGHTS, FRAME, BUNTING = "85048", "22041", "22087"
PRODUCTS = {
    LIGHTS: ("15CM CHRISTMAS GLASS BALL 20 LIGHTS", "7.95"),
    FRAME: ('RECORD FRAME 7" SINGLE SIZE', "2.55"),
    BUNTING: ("PAPER BUNTING WHITE LACE", "2.95"),
}
CURRENCY = "GBP"
FLOORS = {BUNTING: "2.30"}
"""Ten percent off bunting at its volume break would go below this."""

SHORT_BY = 24


def money(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": CURRENCY}


class Journey:
    """The story and what happened in it until now."""

    def __init__(self, teller: Teller) -> None:
        self.tell = teller
        self.tag = uuid4().hex[:8]
        self.code = f"SPRING-{self.tag}".upper()
        self.segment = "wholesale"
        self.company = f"Juniper Gifts {self.tag} Ltd"
        self.email = f"ann@juniper-{self.tag}.example"
        self.account: dict[str, Any] = {}
        self.campaign: dict[str, Any] = {}
        self.program: dict[str, Any] = {}
        self.member: dict[str, Any] = {}
        self.partner: dict[str, Any] = {}
        self.deal: dict[str, Any] = {}
        self.lead: dict[str, Any] = {}
        self.opportunity: dict[str, Any] = {}
        self.promotion: dict[str, Any] = {}
        self.quote: dict[str, Any] = {}
        self.order: dict[str, Any] = {}
        self.shipments: list[dict[str, Any]] = []
        self.returned: dict[str, Any] = {}

    def steps(self) -> Sequence[Callable[[], Awaitable[None]]]:
        """In their order."""
        return (
            self.set_up_shop,
            self.launch_campaign,
            self.capture_lead,
            self.register_deal,
            self.qualify_lead,
            self.enrol_and_earn,
            self.quote_and_approve,
            self.accept_and_confirm,
            self.allocate_back_order,
            self.ship_twice_and_deliver,
            self.look_at_the_books,
            self.refuse_and_compensate,
            self.return_a_line,
        )

    async def run(self) -> None:
        for step in self.steps():
            await step()

    # -- before the story ------------------------------------------------------------------------

    async def set_up_shop(self) -> None:
        """Products, prices, a promotion, stock, a programme, a partner: what a shop has."""
        self.tell.step(
            "The shop is open: products, prices, a promotion, stock, a programme, a partner"
        )
        products = [
            {
                "sku": sku,
                "name": name,
                **(
                    {"floor_price": FLOORS[sku], "floor_currency": CURRENCY}
                    if sku in FLOORS
                    else {}
                ),
            }
            for sku, (name, _) in PRODUCTS.items()
        ]
        await self.tell.post(
            "/pricing/products/batch", {"items": products}, person="pricing manager"
        )
        await self.tell.post(
            "/pricing/prices/batch", {"items": self._prices()}, person="pricing manager"
        )
        drafted = await self.tell.post(
            "/pricing/promotions",
            {
                "code": self.code,
                "name": "Spring lights",
                "percent": "10",
                "budget": money("500.00"),
            },
            person="pricing manager",
        )
        path = f"/pricing/promotions/{drafted['id']}/activate"
        self.promotion = await self.tell.post(path, person="pricing manager")
        self.account = await self.tell.post(
            "/leads/accounts",
            {"name": self.company, "country": "GB", "segment": self.segment},
        )
        await self._open_programme()
        await self._engage_partner()
        await self.tell.until("orders knows the customer and the products", self._orders_knows)
        lines = [{"sku": sku, "quantity": 200} for sku in PRODUCTS]
        receipt = {"reference": f"opening {self.tag}", "lines": lines}
        await self.tell.post("/orders/stock/receipts", receipt, person="operator")

    def _prices(self) -> list[dict[str, Any]]:
        listed = [
            {"sku": sku, "currency": CURRENCY, "amount": price}
            for sku, (_, price) in PRODUCTS.items()
        ]
        own = [
            {
                **price,
                "segment": self.segment,
                "amount": str(Decimal(price["amount"]) - Decimal("0.25")),
            }
            for price in listed
        ]
        breaks = [
            {**price, "min_quantity": 48, "amount": str(Decimal(price["amount"]) - Decimal("0.20"))}
            for price in own
        ]
        return [*listed, *own, *breaks]

    async def _open_programme(self) -> None:
        active = await self.tell.pages("/loyalty/programs", state="active", currency=CURRENCY)
        if active:
            self.program = active[0]
            return
        body = {
            "name": "Good Company",
            "currency": CURRENCY,
            "points_per_unit": "1",
            "point_value": "0.01",
        }
        drafted = await self.tell.post("/loyalty/programs", body, person="marketing")
        path = f"/loyalty/programs/{drafted['id']}/activate"
        self.program = await self.tell.post(path, person="marketing")

    async def _engage_partner(self) -> None:
        partner = {
            "name": f"Lakeland Agents {self.tag}",
            "country": "GB",
            "email": f"desk@agents-{self.tag}.example",
        }
        person = "partner manager"
        self.partner = await self.tell.post("/partners/partners", partner, person=person)
        terms = {
            "partner_id": self.partner["id"],
            "commission_percent": "5",
            "territories": ["GB"],
        }
        agreement = await self.tell.post("/partners/agreements", terms, person=person)
        path = f"/partners/agreements/{agreement['id']}"
        await self.tell.post(f"{path}/sign", person="approver")
        await self.tell.post(f"{path}/activate", person=person)

    async def _orders_knows(self) -> bool:
        parties = await self.tell.pages("/orders/parties", q=self.tag)
        body = {
            "customer_id": self.account["id"],
            "currency": CURRENCY,
            "lines": [{"sku": sku, "quantity": 1} for sku in PRODUCTS],
        }
        if not parties:
            return False
        answer = await self.tell.try_post("/orders/orders?dry_run=true", body)
        return answer.is_success

    # -- 1. a campaign, a lead, an opportunity ---------------------------------------------------

    async def launch_campaign(self) -> None:
        self.tell.step("A campaign is launched to a segment")
        draft = {
            "name": f"Spring lights {self.tag}",
            "objective": "Win shops back",
            "offer": "Ten percent off all lights",
            "segments": [self.segment],
            "promotion_code": self.code,
        }
        made = await self.tell.post("/campaigns/campaigns", draft, person="marketing")

        async def audience() -> int:
            found = await self.tell.look(f"/campaigns/campaigns/{made['id']}/audience")
            count: int = found["count"]
            return count

        await self.tell.until("campaigns knows an account of the segment", audience)
        path = f"/campaigns/campaigns/{made['id']}/launch"
        self.campaign = await self.tell.post(path, person="marketing")

    async def capture_lead(self) -> None:
        self.tell.step("Ann of a known company answers: a lead is captured and recognised")
        response = {
            "company": self.company.replace("Ltd", "Limited"),
            "country": "GB",
            "contact_name": "Ann Juniper",
            "email": self.email,
            "consent": {"channel": "email", "given": True, "wording": "You may write to me."},
        }
        path = f"/campaigns/campaigns/{self.campaign['id']}/responses"
        await self.tell.post(path, response, person="web form", status=201)
        await self.tell.post(
            path, {**response, "email": self.email.upper()}, person="web form", status=200
        )
        leads = await self.tell.until("leads captured it", self._leads)
        self.lead = leads[0]

    async def _leads(self) -> list[dict[str, Any]]:
        return await self.tell.pages("/leads/leads", campaign_id=self.campaign["id"])

    async def register_deal(self) -> None:
        self.tell.step("A partner registers the same company as its deal, and is protected")
        body = {
            "partner_id": self.partner["id"],
            "company": self.company,
            "country": "GB",
            "contact_name": "Ann Juniper",
            "email": self.email,
            "expected": money("900.00"),
        }
        deal = await self.tell.post("/partners/deals", body, person="partner manager")

        async def deal_now() -> dict[str, Any]:
            found: dict[str, Any] = await self.tell.look(f"/partners/deals/{deal['id']}")
            return found

        self.deal = await self.tell.until(
            "the deal is linked", deal_now, lambda found: found["state"] == "linked"
        )

    async def qualify_lead(self) -> None:
        self.tell.step(
            "The lead is worked, scored and qualified: an opportunity is in the pipeline"
        )
        path = f"/leads/leads/{self.lead['id']}"
        await self.tell.post(f"{path}/work")
        body = {"name": "Spring order", "expected": money("900.00")}
        await self.tell.post(f"{path}/qualify", body)
        found = await self.tell.pages("/leads/opportunities", lead_id=self.lead["id"])
        self.opportunity = found[0]

    # -- 4. the member (before the order, so that points can pay) --------------------------------

    async def enrol_and_earn(self) -> None:
        self.tell.step("The customer joins the programme; a first order earns points")
        consent = {"given": True, "wording": "I want to collect points."}
        body = {
            "customer_id": self.account["id"],
            "program_id": self.program["id"],
            "consent": consent,
        }
        self.member = await self.tell.post("/loyalty/members", body)
        order = {
            "customer_id": self.account["id"],
            "currency": CURRENCY,
            "lines": [{"sku": FRAME, "quantity": 100}],
        }
        first = await self.tell.post("/orders/orders", order, person="customer")
        shipment = await self.tell.post(f"/orders/orders/{first['id']}/ship", {}, person="operator")
        path = f"/orders/shipments/{shipment['id']}/deliver"
        await self.tell.post(path, person="operator")
        self.member = await self.tell.until(
            "the points are available", self._member_now, lambda found: found["available"] > 0
        )

    async def _member_now(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.tell.look(f"/loyalty/members/{self.member['id']}")
        return found

    # -- 2. a quote ------------------------------------------------------------------------------

    async def quote_and_approve(self) -> None:
        self.tell.step("A quote is priced by pricing, approved by a second person, and sent")
        stock = await self.tell.pages("/orders/stock", sku=BUNTING)
        self.more_than_there_is = stock[0]["available"] + SHORT_BY
        body = {
            "customer_id": self.account["id"],
            "opportunity_id": self.opportunity["id"],
            "currency": CURRENCY,
            "promotion_code": self.code,
            "lines": [
                {"sku": LIGHTS, "quantity": 12},
                {"sku": FRAME, "quantity": 48},
                {"sku": BUNTING, "quantity": self.more_than_there_is},
            ],
        }
        self.quote = await self.tell.post("/orders/quotes", body)
        self.quote = await self.tell.until(
            "pricing answered", self._quote_now, lambda found: found["state"] == "priced"
        )
        path = f"/orders/quotes/{self.quote['id']}"
        await self.tell.post(f"{path}/submit")
        await self.tell.post(f"{path}/approve", person="approver")
        self.quote = await self.tell.post(f"{path}/send")

    async def _quote_now(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.tell.look(f"/orders/quotes/{self.quote['id']}")
        return found

    # -- 3. the order ----------------------------------------------------------------------------

    async def accept_and_confirm(self) -> None:
        self.tell.step("The customer accepts and pays a part with points: one order, confirmed")
        body = {"po_number": f"PO-{self.tag}", "points": 150}
        path = f"/orders/quotes/{self.quote['id']}/accept"
        self.quote = await self.tell.post(path, body, person="customer")
        self.order = await self.tell.until(
            "points and promotion are settled",
            self._order_now,
            lambda found: found["state"] == "confirmed",
        )
        self.opportunity = await self.tell.until(
            "the opportunity is won", self._opportunity_now, lambda found: found["stage"] == "won"
        )

    async def _order_now(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.tell.look(f"/orders/orders/{self.quote['order_id']}")
        return found

    async def _opportunity_now(self) -> dict[str, Any]:
        path = f"/leads/opportunities/{self.opportunity['id']}"
        found: dict[str, Any] = await self.tell.look(path)
        return found

    async def allocate_back_order(self) -> None:
        self.tell.step("What is in stock leaves; what is short is allocated when goods come in")
        first = await self.tell.post(
            f"/orders/orders/{self.order['id']}/ship", {"carrier": "Royal Mail"}, person="operator"
        )
        self.shipments.append(first)
        waiting = await self.tell.pages("/orders/back-orders", order_id=self.order["id"])
        missing = sum(line["waiting"] for line in waiting)
        queue = await self.tell.pages("/orders/back-orders", sku=BUNTING)
        ahead = sum(line["waiting"] for line in queue)
        receipt = {
            "reference": f"refill {self.tag}",
            "lines": [{"sku": BUNTING, "quantity": max(missing, ahead)}],
        }
        await self.tell.post("/orders/stock/receipts", receipt, person="operator")

    async def ship_twice_and_deliver(self) -> None:
        self.tell.step("The second shipment leaves, both arrive: the points can be spent")
        second = await self.tell.post(
            f"/orders/orders/{self.order['id']}/ship", {"carrier": "Royal Mail"}, person="operator"
        )
        self.shipments.append(second)
        for shipment in self.shipments:
            path = f"/orders/shipments/{shipment['id']}/deliver"
            await self.tell.post(path, person="operator")
        self.order = await self._order_now()
        self.member = await self.tell.until(
            "all points are available", self._member_now, lambda found: found["pending"] == 0
        )

    # -- 5. who earned by it ---------------------------------------------------------------------

    async def look_at_the_books(self) -> None:
        told = self.tell.step("The campaign ends; it has its revenue, the partner its commission")
        path = f"/campaigns/campaigns/{self.campaign['id']}/end"
        await self.tell.post(path, {"reason": "Spring is over."}, person="marketing")
        order = self.order["id"]
        told.facts["commission"] = (
            await self.tell.until(
                "the commission is accrued", lambda: self._of_order("/partners/commissions", order)
            )
        )[0]
        told.facts["attribution"] = (
            await self.tell.until(
                "the revenue is attributed",
                lambda: self._of_order("/campaigns/attributions", order),
            )
        )[0]

    async def _of_order(self, path: str, order_id: str) -> list[dict[str, Any]]:
        return await self.tell.pages(path, order_id=order_id)

    async def refuse_and_compensate(self) -> None:
        told = self.tell.step(
            "An order that wants more points than there are ends, and gives all back"
        )
        before = (await self.tell.pages("/orders/stock", sku=LIGHTS))[0]
        order = {
            "customer_id": self.account["id"],
            "currency": CURRENCY,
            "points": 10_000_000,
            "lines": [{"sku": LIGHTS, "quantity": 5000}],
        }
        wanted = await self.tell.post("/orders/orders", order, person="customer")

        async def order_now() -> dict[str, Any]:
            found: dict[str, Any] = await self.tell.look(f"/orders/orders/{wanted['id']}")
            return found

        told.facts["order"] = await self.tell.until(
            "the order has ended", order_now, lambda found: found["state"] == "cancelled"
        )
        told.facts["reserved_before"] = before["reserved"]

    # -- 6. a return -----------------------------------------------------------------------------

    async def return_a_line(self) -> None:
        told = self.tell.step(
            "A line comes back: stock, money, points, commission and attribution follow"
        )
        told.facts["member_before"] = await self._member_now()
        body = {"lines": [{"line": 1, "quantity": 12}], "reason": "Arrived broken."}
        path = f"/orders/orders/{self.order['id']}/returns"
        self.returned = await self.tell.post(path, body, person="customer")

        async def adjusted() -> bool:
            commission = (await self._of_order("/partners/commissions", self.order["id"]))[0]
            attribution = (await self._of_order("/campaigns/attributions", self.order["id"]))[0]
            return bool(
                commission["net"] != commission["commission"]
                and attribution["net"] != attribution["revenue"]
            )

        await self.tell.until("commission and attribution are corrected", adjusted)
        before = told.facts["member_before"]
        self.member = await self.tell.until(
            "the points are taken back",
            self._member_now,
            lambda found: found["available"] != before["available"],
        )
        self.order = await self._order_now()
