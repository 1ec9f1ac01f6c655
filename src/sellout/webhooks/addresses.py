"""Which addresses a webhook may be sent to: public ones. And a resolver that gives no others.

A URL is chosen by an organiser, but where its name leads is decided by whoever owns the name, anew for every request:
perhaps to an address inside the network that the server stands in.
"""

import asyncio
import contextlib
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Any
from urllib.parse import urlsplit

from aiohttp import abc

URL_LENGTH_MAX = 2000

NAT64 = IPv6Network("64:ff9b::/96")
"""Leads to the IPv4 address in its last 32 bits (RFC 6052)."""

GLOBAL_UNICAST = IPv6Network("2000::/3")

NOT_HOSTS = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
"""Within it: protocols of the IETF with Teredo, examples, and 6to4, which may lead to any IPv4 address."""

RELAYS = (IPv4Address("192.88.99.0"), IPv4Address("192.88.99.255"))
"""Once of 6to4 (RFC 7526)."""


class ForbiddenAddress(OSError):
    """The address is not public. An OSError, because that is what a connection may fail with."""


def is_public(address: str) -> bool:
    """Whether an address is one of a host on the Internet."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return _is_public_4(found)
    if found.ipv4_mapped is not None:
        return _is_public_4(found.ipv4_mapped)
    if found in NAT64:
        return _is_public_4(IPv4Address(int(found) & 0xFFFF_FFFF))
    return _is_public_6(found)


def _is_public_4(address: IPv4Address) -> bool:
    is_special = address.is_multicast or address.is_reserved or address.is_unspecified or address.is_link_local
    return address.is_global and not is_special and not RELAYS[0] <= address <= RELAYS[1]


def _is_public_6(address: IPv6Address) -> bool:
    if address.scope_id is not None or address not in GLOBAL_UNICAST or not address.is_global:
        return False
    return not any(address in network for network in NOT_HOSTS)


def wrong_with(url: str, *, private: bool) -> str | None:
    """Why nothing can be sent to a URL, as far as the URL itself shows it."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "it is not a URL"
    if parts.scheme not in ("http", "https") or not host:
        return "it must begin with https:// or http:// and name a host"
    if parts.username is not None or parts.fragment or len(url) > URL_LENGTH_MAX or not _is_plain(url):
        return f"it must be at most {URL_LENGTH_MAX} printable ASCII characters, without a user and a fragment"
    with contextlib.suppress(ValueError):
        ip_address(host)
        return None if private or is_public(host) else "its address is not public"
    return None


def _is_plain(url: str) -> bool:
    return url.isascii() and url.isprintable() and " " not in url


Resolve = Callable[[str, int, socket.AddressFamily], Awaitable[Sequence[tuple[Any, ...]]]]
"""As `loop.getaddrinfo`: entries of family, type, protocol, canonical name and socket address."""


async def system_resolve(host: str, port: int, family: socket.AddressFamily) -> Sequence[tuple[Any, ...]]:
    """What the system says of a name."""
    loop = asyncio.get_running_loop()
    return await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


class CheckedResolver(abc.AbstractResolver):
    """Resolves a name once for a connection, and gives only public addresses of it: these are what is connected to."""

    def __init__(self, resolve: Resolve = system_resolve) -> None:
        self._resolve = resolve

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[abc.ResolveResult]:
        found = await self._resolve(host, port, family)
        allowed = [entry for entry in found if is_public(str(entry[4][0]))]
        if not allowed:
            raise ForbiddenAddress(f"{host} has no public address")
        return [
            abc.ResolveResult(
                hostname=host, host=entry[4][0], port=port, family=entry[0], proto=entry[2],
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for entry in allowed
        ]  # fmt: skip

    async def close(self) -> None:
        """Nothing is kept."""


def checked_socket(info: tuple[Any, ...]) -> socket.socket:
    """A socket for a connection to the address in `info`, which every connection passes, also one without a name."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise ForbiddenAddress(f"{address[0]} is not public")
    return socket.socket(family=family, type=kind, proto=protocol)
