"""The reference page of an API, served with its assets by the service itself: it works offline."""

from html import escape
from pathlib import Path

from fastapi import Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from shared.kit.http.doors import Doors, serves

ASSETS = Path(__file__).parent / "assets"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


def reference_doors(service: str, title: str) -> Doors:
    """`/<service>/docs` and the three files it needs. Open to all, like the document it shows."""
    doors = Doors(service, tag="Reference")
    page = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>"
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f'<link rel="stylesheet" href="/{service}/assets/swagger-ui.css"></head><body>'
        f'<div id="swagger-ui" data-document="/{service}/openapi.json"></div>'
        f'<script src="/{service}/assets/swagger-ui-bundle.js"></script>'
        f'<script src="/{service}/assets/start.js"></script></body></html>'
    )
    files = {path.name: path for path in ASSETS.iterdir() if path.suffix in TYPES}

    async def docs() -> HTMLResponse:
        return HTMLResponse(page)

    async def asset(name: str) -> Response:
        if name not in files:
            raise HTTPException(404)
        kept = {"Cache-Control": "public, max-age=86400"}
        return Response(files[name].read_bytes(), 200, kept, TYPES[files[name].suffix])

    for path, call in (("/docs", docs), ("/assets/{name}", asset)):
        doors.add_api_route(
            path,
            call,
            methods=["GET"],
            name=f"read_{service}_{call.__name__}",
            openapi_extra=serves(public=True),
            include_in_schema=False,
            response_model=None,
        )
    return doors
