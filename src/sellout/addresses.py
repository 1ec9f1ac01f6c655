"""Where a request comes from: the client's own address, also behind proxies that we trust. Pure.

A client may write anything into X-Forwarded-For; only what a trusted proxy has added to it counts. So it is read from
its end, for as long as who said it is one.
"""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

IPV6_PREFIX = 64
"""Bits of an IPv6 address that one client has for itself: it may choose the rest as it likes (RFC 6177)."""


def networks(text: str) -> tuple[Network, ...]:
    """Networks or addresses, separated by commas. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network]) -> str:
    """Who is asking, as one key: an IPv4 address, or the network of an IPv6 one.

    `peer` is the other end of the connection. What cannot be read as an address ends the search: the proxy that has
    passed it on is then the client.
    """
    client = peer
    for hop in reversed(forwarded_for.split(",")):
        if not _is_in(client, trusted):
            break
        if _key(hop.strip()) is None:
            break
        client = hop.strip()
    return _key(client) or client


def _is_in(address: str, trusted: Sequence[Network]) -> bool:
    if not trusted:
        return False
    try:
        found = ip_address(address)
    except ValueError:
        return False
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return any((mapped or found) in network for network in trusted)


def _key(address: str) -> str | None:
    try:
        found = ip_address(address)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((int(found), IPV6_PREFIX), strict=False))
    return str(found)
