"""How commands talk to the running platform: its public API, with a token of the local issuer."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx

from tradepost.faults import GroundError
from tradepost.ground import local_token, read_whereabouts
from tradepost.platform import NAMES

SCOPES = [f"{name}:{act}" for name in NAMES for act in ("read", "write", "approve")]


def connect(folder: Path, subject: str = "local-user") -> httpx.Client:
    """A client of the platform that runs on this data folder, with every scope."""
    base = f"http://127.0.0.1:{read_whereabouts(folder).port}"
    token = local_token(folder, SCOPES, subject, timedelta(hours=12))
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.Client(base_url=base, headers=headers, timeout=30, trust_env=False)


def ask(client: httpx.Client, method: str, path: str, **how: Any) -> Any:
    """The answer's JSON. Raises `GroundError` with the problem's own words."""
    try:
        answer = client.request(method, path, **how)
    except httpx.TransportError as error:
        raise GroundError(
            f"Nothing answers at {client.base_url} ({error}); start it with `make run`"
        ) from error
    if answer.is_success:
        return answer.json() if answer.content else None
    problem = answer.json() if "json" in answer.headers.get("content-type", "") else {}
    faults = [f"{f['pointer']}: {f['detail']} {f['remedy']}" for f in problem.get("errors", [])]
    said = " ".join([problem.get("detail", answer.text), *faults])
    raise GroundError(f"{method} {path} answered {answer.status_code}: {said}")


def pages(client: httpx.Client, path: str, **query: Any) -> list[dict[str, Any]]:
    """All items of a list."""
    page = ask(client, "GET", path, params={"limit": 200, **query})
    items: list[dict[str, Any]] = page["items"]
    while page["next"]:
        page = ask(client, "GET", page["next"])
        items += page["items"]
    return items
