"""`tradepost up`: everything on one machine, from nothing to six answering services."""

import asyncio
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import uvicorn
import uvloop
from rich.console import Console

from shared.kit.migrate import upgrade
from shared.kit.observe import configure_logs
from shared.kit.service import Running
from shared.kit.settings import Settings
from tradepost.calculation import Calculator
from tradepost.faults import GroundError
from tradepost.ground import Whereabouts, default_folder, standing, write_whereabouts
from tradepost.platform import Platform, installed
from tradepost.ports import holder_of, is_free

talk = Console(stderr=True, highlight=False, soft_wrap=True)


@contextmanager
def step(words: str) -> Iterator[None]:
    """One line a step, with its seconds."""
    begun = time.monotonic()
    talk.print(f"[dim]…[/] {words}", end="\r" if talk.is_terminal else "\n")
    yield
    talk.print(f"[green]✓[/] {words} [dim]{time.monotonic() - begun:.1f} s[/]")


def start(
    port: int, folder: Path, *, kafka: bool = False, sandbox: bool = False, demo: bool = True
) -> None:
    """Runs until Ctrl-C. Raises `GroundError` in one sentence when it cannot start."""
    if not is_free(port):
        holder = holder_of(port)
        raise GroundError(
            f"Port {port} is in use{f' by {holder}' if holder else ''};"
            f" end that program or choose another port: make run PORT={port + 1}"
        )
    begun = time.monotonic()
    with ExitStack() as stack:
        with step("PostgreSQL" + (" and Kafka" if kafka else "")):
            settings = stack.enter_context(standing(folder, kafka=kafka, sandbox=sandbox))
        with suppress(KeyboardInterrupt):
            uvloop.run(_serve(settings, port, folder, begun, demo=demo))
        talk.print("Stopping …")
    talk.print("Stopped. The data stays; the next start continues with it.")


async def _serve(settings: Settings, port: int, folder: Path, begun: float, *, demo: bool) -> None:
    configure_logs(json=settings.log_json, level=settings.log_level)
    services = installed()
    with step("Databases"):
        for service in services:
            await upgrade(service.name, settings.database_url_for(service.name))
    clock = folder / "clock" if settings.sandbox else None
    platform = Platform(settings, services, clock_file=clock)
    config = uvicorn.Config(
        platform.application(),
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        lifespan="on",
        timeout_graceful_shutdown=10,
    )
    server = uvicorn.Server(config)
    tasks = [asyncio.create_task(server.serve())]
    try:
        with step(f"{len(services)} services"), _quiet_client():
            await _until_ready(server, tasks[0], platform.running)
        write_whereabouts(
            folder, Whereabouts(port, settings.transport, settings.transport_address())
        )
        _show(platform.running, folder, port, time.monotonic() - begun)
        tasks.append(asyncio.create_task(Calculator(settings, platform.running).run()))
        if demo:
            tasks.append(asyncio.create_task(_load(folder, port)))
        await tasks[0]
    finally:
        for task in tasks[1:]:
            task.cancel()
        for task in tasks[1:]:
            with suppress(asyncio.CancelledError):
                await task


@contextmanager
def _quiet_client() -> Iterator[None]:
    """A new broker has no group coordinator for a second; the client reports each try as an error."""
    client = logging.getLogger("aiokafka")
    client.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        client.setLevel(logging.NOTSET)


async def _load(folder: Path, port: int) -> None:
    """The demo's loader, a process of its own, ended with this one."""
    base = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "tradepost.demo.loading", str(folder), base]
    child = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, start_new_session=True
    )
    try:
        await child.wait()
    finally:
        if child.returncode is None:
            child.terminate()
            await child.wait()


async def _until_ready(
    server: uvicorn.Server, serving: "asyncio.Task[None]", running: list[Running]
) -> None:
    while not serving.done():
        if server.started:
            found = [await one.checks() for one in running]
            if all(said == "ok" for checks in found for said in checks.values()):
                return
        await asyncio.sleep(0.05)
    await serving
    raise GroundError("The services did not start; the lines above say why.")


def _show(running: list[Running], folder: Path, port: int, seconds: float) -> None:
    base = f"http://127.0.0.1:{port}"
    talk.print(f"\n[bold]Tradepost is up[/] after {seconds:.1f} s: {base}/")
    for one in running:
        name = one.service.name
        talk.print(f"{name:<10}{base}/{name}/docs   [dim]health {base}/{name}/readyz[/]")
    elsewhere = "" if folder == default_folder() else f"DATA_DIR={folder} "
    command = f"{elsewhere}.venv/bin/tradepost"
    talk.print(
        f"events    {base}/events\n"
        f'token     {command} token --scope "orders:read orders:write"\n\n'
        f"Next:     {command} demo            one lead becomes a loyal customer\n"
        f"          {command} events tail     watch the services talk\n"
        f"          TOKEN=$({command} token --scope orders:read); "
        f'curl -H "Authorization: Bearer $TOKEN" {base}/orders/orders\n'
        "Ctrl-C stops everything.\n"
    )
    sys.stderr.flush()
