"""How a story is told through the public API: calls by people, and waiting for what follows."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any
from uuid import uuid4

import httpx

PATIENCE_SECONDS = 60.0


class StoryBroke(Exception):
    """A call was answered otherwise than the story needs, or what should follow did not."""


@dataclass
class Call:
    """One call, as it can be repeated, and the story it began."""

    person: str
    method: str
    path: str
    body: Any
    status: int
    correlation_id: str
    answer: Any = field(repr=False, default=None)

    def curl(self) -> str:
        body = "" if self.body is None else " -d @body.json"
        return f"curl -X {self.method} {self.path}{body}"


@dataclass
class Told:
    """A step of the story: what was done, and with which calls."""

    title: str
    calls: list[Call] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


Headers = Callable[[str], Mapping[str, str]]


class Teller:
    """Calls the API as different people and keeps what was called."""

    def __init__(self, client: httpx.AsyncClient, headers: Headers) -> None:
        self._client = client
        self._headers = headers
        self.steps: list[Told] = []

    def step(self, title: str) -> Told:
        self.steps.append(Told(title))
        return self.steps[-1]

    async def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        person: str = "sales",
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The answer's JSON. Any status below 400 will do unless one is named."""
        correlation = str(uuid4())
        sent = {**self._headers(person), "X-Correlation-Id": correlation, **(headers or {})}
        answer = await self._client.request(method, path, json=body, headers=sent)
        found = answer.json() if answer.content else None
        call = Call(person, method, path, body, answer.status_code, correlation, found)
        self.steps[-1].calls.append(call)
        if answer.status_code != status if status else answer.is_error:
            raise StoryBroke(f"{method} {path} answered {answer.status_code}: {answer.text[:1500]}")
        return found

    async def post(self, path: str, body: Any = None, **how: Any) -> Any:
        return await self.call("POST", path, body, **how)

    async def try_post(self, path: str, body: Any) -> httpx.Response:
        """A question whose refusal is an answer; part of no step."""
        return await self._client.post(path, json=body, headers=self._headers("sales"))

    async def look(self, path: str, **query: Any) -> Any:
        """A read that is part of no step: looking does not make a story."""
        answer = await self._client.get(path, params=query or None, headers=self._headers("sales"))
        if answer.is_error:
            raise StoryBroke(f"GET {path} answered {answer.status_code}: {answer.text[:1500]}")
        return answer.json()

    async def pages(self, path: str, **query: Any) -> list[dict[str, Any]]:
        """All items of a list."""
        page = await self.look(path, limit=200, **query)
        items: list[dict[str, Any]] = page["items"]
        while page["next"]:
            page = await self.look(page["next"])
            items += page["items"]
        return items

    async def until(
        self, what: str, look: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool] = bool
    ) -> Any:
        """Waits for what events bring about. Raises `StoryBroke` with the last look."""
        deadline = monotonic() + PATIENCE_SECONDS
        while True:
            found = await look()
            if holds(found):
                return found
            if monotonic() > deadline:
                raise StoryBroke(f"Waited in vain until {what}; last seen: {found}")
            await asyncio.sleep(0.05)
