"""What is added to a generated OpenAPI document: the problems, the scopes, no framework leftovers."""

from typing import Any

from shared.kit.http.problems import KINDS, MEDIA_TYPE, Problem

_ALWAYS = ("400", "401", "403", "404", "405", "409", "422", "500", "503")
_SLUGS = {
    "400": ("not-understood",),
    "401": ("unauthenticated",),
    "403": ("forbidden",),
    "404": ("not-found",),
    "405": ("method-not-allowed",),
    "409": ("conflict", "in-flight"),
    "412": ("version-conflict",),
    "413": ("too-large",),
    "415": ("unsupported-media-type",),
    "422": ("invalid-content", "key-reused"),
    "428": ("precondition-required",),
    "500": ("internal-error",),
    "503": ("busy",),
}


def finish_openapi(document: dict[str, Any]) -> dict[str, Any]:
    """Lists every problem an operation can answer with, and the scope it needs."""
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for leftover in ("HTTPValidationError", "ValidationError"):
        schemas.pop(leftover, None)
    shapes = Problem.model_json_schema(
        ref_template="#/components/schemas/{model}", mode="serialization"
    )
    schemas.update(shapes.pop("$defs"))
    schemas["Problem"] = shapes
    document["components"]["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
    }
    for path, operations in document.get("paths", {}).items():
        for method, operation in operations.items():
            _finish(path, method, operation)
    return document


def _finish(path: str, method: str, operation: dict[str, Any]) -> None:
    service = path.split("/")[1]
    statuses = set(_ALWAYS)
    if method != "get":
        statuses |= {"412", "413"}
        if "requestBody" in operation:
            statuses.add("415")
    if operation.get("x-must-match"):
        statuses.add("428")
    if method == "get":
        operation["responses"].setdefault("304", {"description": "What you hold is current."})
    for status in sorted(statuses):
        titles = " ".join(KINDS[slug].title for slug in _SLUGS[status])
        operation["responses"][status] = {
            "description": titles,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    if operation.get("x-public"):
        operation["security"] = []
        return
    scope = operation.get("x-scope") or ("read" if method == "get" else "write")
    operation["x-scope"] = f"{service}:{scope}"
    operation["security"] = [{"bearer": []}]
