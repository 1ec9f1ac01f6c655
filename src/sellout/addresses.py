"""Where a request comes from: the client's own address, also behind proxies that we trust. Pure.

A client may write anything into X-Forwarded-For or Forwarded; only what a trusted proxy has added to it counts. So it
is read from its end, for as long as who said it is one.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import urlsplit

Network = IPv4Network | IPv6Network

IPV6_PREFIX = 64
"""Bits of an IPv6 address that one client has for itself: it may choose the rest as it likes (RFC 6177)."""

_IN_BRACKETS = re.compile(r"\[([^\]]*)\](?::\d{1,5})?")
_IPV4_WITH_PORT = re.compile(r"([0-9.]+):\d{1,5}")
_FOR = re.compile(r"""(?:^|;)\s*for\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;"\s]*))\s*(?=;|$)""", re.IGNORECASE)
_ELEMENTS = re.compile(r"""(?:[^,"]|"(?:[^"\\]|\\.)*")+""")


def networks(text: str) -> tuple[Network, ...]:
    """Networks or addresses, separated by commas. Raises ValueError."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def origins_of(text: str) -> frozenset[str]:
    """Origins, separated by commas. Raises ValueError where one is none."""
    found = [part.strip().rstrip("/") for part in text.split(",") if part.strip()]
    for origin in found:
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or not parts.netloc or origin != f"{parts.scheme}://{parts.netloc}":
            raise ValueError(f"{origin} is no origin such as https://shop.example.org")
    return frozenset(found)


def host_of(text: str) -> str:
    """An address as servers and proxies write it, without brackets and port: `[2001:db8::1]:443` is 2001:db8::1."""
    text = text.strip()
    bracketed = _IN_BRACKETS.fullmatch(text)
    if bracketed:
        return bracketed[1]
    with_port = _IPV4_WITH_PORT.fullmatch(text)
    return with_port[1] if with_port else text


def client_address(peer: str, forwarded_for: str, trusted: Sequence[Network], forwarded: str = "") -> str:
    """Who is asking, as one key: an IPv4 address, or the network of an IPv6 one.

    `peer` is the other end of the connection. What cannot be read as an address ends the search: the proxy that has
    passed it on is then the client. `forwarded` is the header Forwarded (RFC 7239), which counts where there is no
    X-Forwarded-For: a proxy that writes one of them has to take the other away.
    """
    client = host_of(peer)
    for hop in reversed(forwarded_for.split(",") if forwarded_for else _hops_of(forwarded)):
        if not _is_in(client, trusted):
            break
        if _read(hop) is None:
            break
        client = host_of(hop)
    return _key(client) or client


def _hops_of(forwarded: str) -> list[str]:
    """The `for` of each element; "" where an element has none."""
    hops = []
    for element in _ELEMENTS.findall(forwarded):
        found = _FOR.search(element)
        quoted = found[1] if found else None
        hops.append("" if found is None else re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else found[2])
    return hops


def _read(address: str) -> IPv4Address | IPv6Address | None:
    """An address; one of IPv4 that is written as one of IPv6 is that of IPv4."""
    try:
        found = ip_address(host_of(address))
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _is_in(address: str, trusted: Sequence[Network]) -> bool:
    found = _read(address) if trusted else None
    return found is not None and any(found in network for network in trusted)


def _key(address: str) -> str | None:
    found = _read(address)
    if isinstance(found, IPv6Address):
        return str(ip_network((int(found), IPV6_PREFIX), strict=False))
    return None if found is None else str(found)
