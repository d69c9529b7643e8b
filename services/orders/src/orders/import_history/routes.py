"""HTTP doors of the sales history."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, status
from fastapi.responses import StreamingResponse
from sqlalchemy import select

from orders.import_history.rules import LineKind
from orders.import_history.schemas import ImportView, RefusedRowView, SalesLineView
from orders.import_history.tables import HistoryImport, RefusedRow, SalesLine
from orders.import_history.use_cases import (
    Upload,
    forget_pieces,
    in_pieces,
    start_import,
    zone_of,
)
from shared.events.orders import HistoryImported
from shared.kit.http.doors import Doors, serves
from shared.kit.http.paging import Asked, Listing, Page
from shared.kit.http.requests import Reading, Writing, context_of
from shared.kit.jobs import Job
from shared.kit.service import Running
from shared.kit.work import Work
from shared.values import Currency

router = Doors("orders", tag="Import history")

LARGEST = 200 * 1024 * 1024

LINES = Listing(
    SalesLine,
    filters={
        "import_id": UUID,
        "sku": str,
        "customer": str,
        "country": str,
        "kind": LineKind,
        "invoice": str,
    },
    ranges={"sold_at": datetime},
    sorts=("id", "sold_at"),
    default="id",
)
REFUSED = Listing(RefusedRow, filters={"code": str}, sorts=("row",), default="row")


async def _view(work: Work, found: HistoryImport) -> ImportView:
    await work.session.flush()
    job = await work.get(Job, found.job_id)
    return ImportView(
        id=found.id,
        file_name=found.file_name,
        bytes=found.bytes_count,
        currency=found.currency,
        zone=found.zone,
        created_at=found.created_at,
        job_id=job.id,
        state=job.state,
        progress=job.progress,
        counts=job.counts,
        error=job.error,
    )


@router.post(
    "/imports",
    status_code=status.HTTP_202_ACCEPTED,
    openapi_extra={
        **serves("3.4.1.1", emits=(HistoryImported,), max_bytes=LARGEST),
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {"schema": {"type": "string"}},
                "application/gzip": {"schema": {"type": "string", "format": "binary"}},
            },
        },
    },
)
async def import_history(
    request: Request,
    work: Writing,
    currency: Annotated[Currency, Query(description="of the prices in the file")],
    zone: Annotated[str, Query(description="of the times in the file (IANA)")] = "UTC",
    file_name: Annotated[str, Query(max_length=200)] = "history.csv",
) -> ImportView:
    """Take in a file of past order lines (CSV, or CSV in gzip). The same content is taken once.

    Columns: Invoice, StockCode, Description, Quantity, InvoiceDate, Price, Customer ID, Country.
    """
    zone_of(zone)
    running: Running = request.app.state.running
    upload = Upload()
    async for piece in in_pieces(request.stream()):
        await upload.keep(running.new_work(context_of(request)), piece)
    if work.dry_run:
        # What was uploaded is kept outside the work, so it is given up here.
        async with running.new_work(context_of(request)) as giving_up:
            await forget_pieces(giving_up, upload.id)
    async with work:
        found, _ = await start_import(
            work, upload, file_name=file_name, currency=currency, zone=zone
        )
        location = f"/orders/imports/{found.id}"
        return work.answer(await _view(work, found), location=location)


@router.get("/imports/{import_id}", openapi_extra=serves("3.4.1.1"))
async def read_import(import_id: UUID, work: Reading) -> ImportView:
    """How far an import is."""
    async with work:
        return work.answer(await _view(work, await work.get(HistoryImport, import_id)))


@router.get("/imports/{import_id}/refused-rows", openapi_extra=serves("3.4.1.1"))
async def list_refused_rows(
    import_id: UUID, work: Reading, asked: Annotated[Asked, Depends(REFUSED)]
) -> Page[RefusedRowView]:
    """Rows that are no order lines, and why."""
    async with work:
        await work.get(HistoryImport, import_id)
        page = await REFUSED.page(
            work,
            asked,
            RefusedRowView,
            narrowed=lambda chosen: chosen.where(RefusedRow.import_id == import_id),
        )
        return work.answer(page)


@router.get(
    "/imports/{import_id}/refused-rows.csv",
    openapi_extra=serves("3.4.1.1"),
    response_class=StreamingResponse,
)
async def export_refused_rows(
    import_id: UUID, request: Request, work: Reading
) -> StreamingResponse:
    """The same as a file, with the row as it was."""
    running: Running = request.app.state.running
    async with work:
        await work.get(HistoryImport, import_id)

    async def lines() -> AsyncIterator[str]:
        yield "row,code,detail,content\r\n"
        chosen = (
            select(RefusedRow).where(RefusedRow.import_id == import_id).order_by(RefusedRow.row)
        )
        async with running.sessions() as session:
            async for found in await session.stream_scalars(chosen):
                text = io.StringIO()
                csv.writer(text).writerow([found.row, found.code, found.detail, found.content])
                yield text.getvalue()

    return StreamingResponse(lines(), media_type="text/csv")


@router.get("/sales-lines", openapi_extra=serves("3.4.1.1"))
async def list_sales_lines(
    work: Reading, asked: Annotated[Asked, Depends(LINES)]
) -> Page[SalesLineView]:
    """Past order lines."""
    async with work:
        return work.answer(await LINES.page(work, asked, SalesLineView))
