"""Loads the demo company once, through the public API and nothing else.

Every step can be repeated (batches are keyed, orders carry an Idempotency-Key), so a start that was
interrupted goes on where it stood. It is a process of its own (`python -m tradepost.demo.loading`), so
that the services answer requests all the while; it ends when the program that started it does.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import httpx
from rich.console import Console

from tradepost.calling import SCOPES
from tradepost.demo import retail
from tradepost.ground import local_token

Say = Callable[[str], None]

BATCH = 500
STOCK_MONTHS = 2


class Loader:
    """One connection to the platform, and what of the demo is done."""

    def __init__(self, folder: Path, base: str, say: Say) -> None:
        self._marks = folder / "demo.json"
        self._done: list[str] = json.loads(self._marks.read_text()) if self._marks.exists() else []
        self.say = say
        token = local_token(folder, SCOPES, "demo", timedelta(days=2))
        self._client = httpx.AsyncClient(
            base_url=base,
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def step(self, name: str, words: str, act: Callable[[], Awaitable[str]]) -> None:
        """Does it unless it was done."""
        if name in self._done:
            return
        begun = monotonic()
        self.say(f"[dim]… demo: {words}[/]")
        said = await act()
        self._done.append(name)
        self._marks.write_text(json.dumps(self._done))
        self.say(f"[green]✓[/] demo: {said} [dim]{monotonic() - begun:.1f} s[/]")

    def finished(self) -> bool:
        return "history" in self._done

    async def call(self, method: str, path: str, **how: Any) -> Any:
        """The answer's JSON; busy moments are waited for."""
        for attempt in range(8):
            answer = await self._client.request(method, path, **how)
            if answer.status_code != 503:
                break
            await asyncio.sleep(0.2 * 2**attempt)
        if answer.is_error:
            raise RuntimeError(
                f"{method} {path} answered {answer.status_code}: {answer.text[:600]}"
            )
        return answer.json()

    async def batches(self, path: str, items: Sequence[dict[str, Any]]) -> None:
        for start in range(0, len(items), BATCH):
            await self.call("POST", path, json={"items": items[start : start + BATCH]})

    async def until(self, condition: Callable[[], Awaitable[bool]]) -> None:
        while not await condition():
            await asyncio.sleep(0.2)

    async def total(self, path: str, **query: Any) -> int:
        page = await self.call("GET", path, params={"limit": 1, "include_total": True, **query})
        count: int = page["total"]
        return count


async def load_once(folder: Path, base: str, say: Say) -> None:
    """Loads what is not loaded yet."""
    loader = Loader(folder, base, say)
    try:
        if loader.finished():
            return
        data = retail.read()
        await _load(loader, data)
        say("[green]✓[/] demo: loaded. Try [bold].venv/bin/tradepost demo[/]")
    finally:
        await loader.close()


async def _load(loader: Loader, data: retail.Retail) -> None:
    async def products() -> str:
        items = [{"sku": p.sku, "name": p.name, "kind": p.kind} for p in data.products]
        await loader.batches("/pricing/products/batch", items)
        prices = [
            {"sku": p.sku, "currency": retail.CURRENCY, "amount": str(p.usual_price)}
            for p in data.products
        ]
        await loader.batches("/pricing/prices/batch", prices)
        return f"{len(items)} products with their usual prices"

    async def accounts() -> str:
        items = [
            {
                "name": f"Customer {one.number}",
                "country": one.country,
                "segment": one.segment,
                "external_ids": {retail.SYSTEM: one.number},
            }
            for one in data.customers
        ]
        await loader.batches("/leads/accounts/batch", items)
        return f"{len(items)} customers"

    async def stock() -> str:
        goods = [p for p in data.products if p.kind == "goods"]
        last = goods[-1].sku
        await loader.until(lambda: _is_known(loader, last, len(data.customers)))
        for start in range(0, len(goods), BATCH):
            lines = [
                {"sku": p.sku, "quantity": p.monthly * STOCK_MONTHS}
                for p in goods[start : start + BATCH]
            ]
            reference = f"opening stock {start // BATCH + 1}"
            headers = {"Idempotency-Key": f"demo-{reference}"}
            body = {"reference": reference, "lines": lines}
            await loader.call("POST", "/orders/stock/receipts", json=body, headers=headers)
        return f"{len(goods)} stock positions"

    await loader.step("products", "products and prices into pricing", products)
    await loader.step("accounts", "customers into leads", accounts)
    await loader.step("stock", "stock into orders", stock)
    await loader.step("upload", "the history of a year, as a file", lambda: _upload(loader))
    await loader.step("live", "the last weeks, order by order", lambda: _place_live(loader, data))
    await loader.step("history", "the history, row by row", lambda: _await_history(loader))


async def _is_known(loader: Loader, sku: str, customers: int) -> bool:
    """Whether orders has heard of the catalogue and of the customers."""
    if await loader.total("/orders/parties") < customers:
        return False
    body = {"reference": "probe", "lines": [{"sku": sku, "quantity": 1}]}
    answer = await loader._client.post(  # noqa: SLF001  # a question, whose refusal is an answer
        "/orders/stock/receipts", json=body, params={"dry_run": True}
    )
    return answer.is_success


async def _upload(loader: Loader) -> str:
    async def content() -> AsyncIterator[bytes]:
        with retail.FILE.open("rb") as file:
            while piece := await asyncio.to_thread(file.read, 256 * 1024):
                yield piece

    query = {
        "currency": retail.CURRENCY,
        "zone": retail.ZONE,
        "file_name": retail.FILE.name,
    }
    headers = {"content-type": "application/gzip"}
    await loader.call("POST", "/orders/imports", params=query, content=content(), headers=headers)
    return "the history of a year is on its way in"


async def _await_history(loader: Loader) -> str:
    found: dict[str, Any] = {}
    shown = {"progress": 0.0}

    async def ended() -> bool:
        jobs = await loader.call("GET", "/orders/jobs", params={"kind": "import_history"})
        found.update(jobs["items"][0])
        if found["progress"] >= shown["progress"] + 0.2:
            shown["progress"] = found["progress"]
            loader.say(f"[dim]… demo: the history, {found['progress']:.0%}[/]")
        return found["ended_at"] is not None

    await loader.until(ended)
    counts = found["counts"]
    return (
        f"{counts['rows']:,} rows of history: {counts['sold']:,} sold, {counts['returned']:,} returned,"
        f" {counts['refused']:,} refused with their reasons"
    )


async def _place_live(loader: Loader, data: retail.Retail) -> str:
    """The last weeks' invoices as orders of today, a few at a time."""
    customers: dict[str, str] = {}
    page = await loader.call("GET", "/orders/parties", params={"limit": 200})
    while True:
        for party in page["items"]:
            if retail.SYSTEM in party["external_ids"]:
                customers[party["external_ids"][retail.SYSTEM]] = party["id"]
        if page["next"] is None:
            break
        page = await loader.call("GET", page["next"])
    lanes = asyncio.Semaphore(2)

    async def place(invoice: retail.Invoice) -> None:
        body = {
            "customer_id": customers[invoice.customer],
            "currency": retail.CURRENCY,
            "lines": [
                {"sku": sku, "quantity": count} for sku, count in sorted(invoice.quantities.items())
            ],
            "po_number": f"invoice {invoice.number}",
            "external_ids": {retail.SYSTEM: invoice.number},
        }
        async with lanes:
            headers = {"Idempotency-Key": f"demo-{invoice.number}"}
            await loader.call("POST", "/orders/orders", json=body, headers=headers)

    await asyncio.gather(*(place(invoice) for invoice in data.live))
    return f"{len(data.live)} orders of the last weeks, placed live"


async def _watch_parent(parent: int) -> None:
    while os.getppid() == parent:
        await asyncio.sleep(0.5)


async def _main(folder: Path, base: str) -> None:
    talk = Console(stderr=True, highlight=False, soft_wrap=True)
    loading = asyncio.create_task(load_once(folder, base, talk.print))
    watching = asyncio.create_task(_watch_parent(os.getppid()))
    await asyncio.wait([loading, watching], return_when=asyncio.FIRST_COMPLETED)
    watching.cancel()
    if not loading.done():
        loading.cancel()
        return
    if error := loading.exception():
        talk.print(f"[red]The demo stopped: {error!r}[/] The next start goes on with it.")
        sys.exit(1)


if __name__ == "__main__":
    asyncio.run(_main(Path(sys.argv[1]), sys.argv[2]))
