"""The few pages of the front door: plain HTML that works without script and from no other host."""

from collections.abc import Iterable, Mapping
from html import escape
from inspect import cleandoc

from shared.events.contract import Event
from shared.kit.http.problems import Kind
from shared.kit.service import Running

STYLE = (
    "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .8rem .4rem 0;"
    "border-bottom:1px solid #8884;vertical-align:top}code{font-size:.95em}"
    ":root{color-scheme:light dark}"
)


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{STYLE}</style></head><body><main><h1>{escape(title)}</h1>{body}</main></body></html>"
    )


def way_in(running: Iterable[Running], *, sandbox: bool) -> str:
    """Where everything is, for somebody who just arrived."""
    rows = "".join(
        f"<tr><th scope='row'>{escape(one.service.name)}</th><td>{escape(one.service.about)}</td>"
        f"<td><a href='/{one.service.name}/docs'>API</a></td>"
        f"<td><a href='/{one.service.name}/openapi.json'>OpenAPI</a></td>"
        f"<td><a href='/{one.service.name}/readyz'>health</a></td></tr>"
        for one in running
    )
    mark = "<p><strong>This is a sandbox: its clock can be moved.</strong></p>" if sandbox else ""
    return _page(
        "Tradepost",
        f"{mark}<p>The commercial backbone of a company, as six services that talk in events.</p>"
        "<table><caption>Services</caption><thead><tr><th scope='col'>Service</th>"
        "<th scope='col'>What it does</th><th scope='col'>Docs</th><th scope='col'>Contract</th>"
        f"<th scope='col'>State</th></tr></thead><tbody>{rows}</tbody></table>"
        "<h2>Next</h2><ul><li><a href='/events'>The events</a> and their "
        "<a href='/events/asyncapi.json'>AsyncAPI document</a></li>"
        '<li>A token: <code>.venv/bin/tradepost token --scope "orders:read orders:write"</code></li>'
        "<li>The journey from lead to loyal customer: <code>.venv/bin/tradepost demo</code></li></ul>",
    )


def events(contracts: Iterable[type[Event]], hearers: Mapping[str, list[str]]) -> str:
    """Every event: what it means, who tells it, who hears it."""
    rows = "".join(
        f"<tr><td><a href='/events/schemas/{contract.TYPE}.json'><code>{contract.TYPE}</code></a></td>"
        f"<td>{escape(cleandoc(contract.__doc__ or '').splitlines()[0])}</td>"
        f"<td>{contract.service()}</td><td>{', '.join(hearers.get(contract.TYPE, [])) or '–'}</td></tr>"
        for contract in contracts
    )
    return _page(
        "Events",
        "<p>Each is a CloudEvent; the document for programs is "
        "<a href='/events/asyncapi.json'>asyncapi.json</a>.</p><table><thead><tr>"
        "<th scope='col'>Type</th><th scope='col'>Meaning</th><th scope='col'>Told by</th>"
        f"<th scope='col'>Heard by</th></tr></thead><tbody>{rows}</tbody></table>",
    )


def problem(slug: str, kind: Kind) -> str:
    """What a problem type means, why it comes, and what to do."""
    return _page(
        kind.title,
        f"<p><code>{slug}</code>, status {kind.status}</p><h2>Why</h2><p>{escape(kind.cause)}</p>"
        f"<h2>What to do</h2><p>{escape(kind.remedy)}</p>",
    )
