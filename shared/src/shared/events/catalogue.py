"""Every contract there is, found in the modules beside this one."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

import shared.events
from shared.events.contract import Event


@cache
def contracts() -> tuple[type[Event], ...]:
    """All contracts, by type. Raises TypeError when two share a type or one is another's."""
    return tuple(_by_type().values())


def contracts_by(service: str) -> tuple[type[Event], ...]:
    """What a service publishes."""
    return tuple(contract for contract in contracts() if contract.service() == service)


def contract_of(type: str) -> type[Event] | None:  # noqa: A002  # the attribute's name
    """The contract of that CloudEvents type, when we know one."""
    return _by_type().get(type)


@cache
def _by_type() -> Mapping[str, type[Event]]:
    found: dict[str, type[Event]] = {}
    for module in iter_modules(shared.events.__path__):
        for contract in contracts_in(f"{shared.events.__name__}.{module.name}"):
            if contract.TYPE in found:
                raise TypeError(f"Two contracts have the type {contract.TYPE}.")
            if contract.service() != module.name:
                raise TypeError(f"{contract.TYPE} is not an event of {module.name}.")
            found[contract.TYPE] = contract
    return MappingProxyType(dict(sorted(found.items())))


def contracts_in(module_name: str) -> list[type[Event]]:
    """The contracts that a module defines, not those it imports."""
    return [
        value
        for value in vars(import_module(module_name)).values()
        if isinstance(value, type)
        and issubclass(value, Event)
        and value.TYPE
        and value.__module__ == module_name
    ]
