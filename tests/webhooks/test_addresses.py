"""No private address is ever connected to, however it is written, and whatever a name says the second time."""

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.webhooks.addresses import CheckedResolver, ForbiddenAddress, checked_socket, is_public, wrong_with
from sellout.webhooks.answers import Answer
from sellout.webhooks.sender import Sender
from tests.webhooks.receiver import Receiver

NOT_PUBLIC_4 = [
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/29",
    "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
]  # fmt: skip
"""The special-purpose registry of IANA for IPv4, and multicast; said here again, on purpose not from the program."""

NOT_PUBLIC_6 = [
    "::/8", "100::/8", "200::/7", "400::/6", "800::/5", "1000::/4", "2001::/32", "2001:2::/48", "2001:db8::/32",
    "2002::/16", "3fff::/20", "4000::/2", "8000::/1", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
]  # fmt: skip
"""Likewise for IPv6; `::/8` without NAT64's prefix, which leads to IPv4."""

NAT64 = IPv6Network("64:ff9b::/96")


def in_network(text: str) -> st.SearchStrategy[str]:
    network = ip_network(text)
    whole = type(network.network_address)
    least, most = int(network.network_address), int(network.broadcast_address)
    return st.one_of(st.integers(least, most), st.sampled_from([least, most])).map(lambda n: str(whole(n)))


PRIVATE_4 = st.sampled_from(NOT_PUBLIC_4).flatmap(in_network)
PRIVATE_6 = st.sampled_from(NOT_PUBLIC_6).flatmap(in_network).filter(lambda a: IPv6Address(a) not in NAT64)
PUBLIC_4 = st.integers(0, 2**32 - 1).map(IPv4Address).filter(
    lambda a: not any(a in IPv4Network(network) for network in NOT_PUBLIC_4) and a not in IPv4Network("192.0.0.0/24")
)  # fmt: skip

EMBEDDED = ["::ffff:{}", "64:ff9b::{}", "::{}", "::ffff:0:{}"]
"""Ways to write an IPv4 address as one of IPv6."""


def sixtofour(address: str) -> str:
    return str(IPv6Address((0x2002 << 112) | (int(IPv4Address(address)) << 80) | 1))


WRITTEN = st.one_of(
    PRIVATE_4,
    PRIVATE_6,
    st.tuples(st.sampled_from(EMBEDDED), PRIVATE_4).map(lambda pair: pair[0].format(pair[1])),
    PRIVATE_4.map(sixtofour),
)
"""Addresses that are not public, in all ways."""


@given(WRITTEN)
def test_no_address_that_is_not_public_is_taken_for_one(address: str) -> None:
    assert not is_public(address)
    assert not is_public(f"{address}%eth0")


@given(PUBLIC_4)
def test_public_addresses_are_public(address: IPv4Address) -> None:
    assert is_public(str(address))
    assert is_public(f"::ffff:{address}")
    assert is_public(f"64:ff9b::{address}")


@pytest.mark.parametrize("address", ["2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888"])
def test_public_addresses_of_ipv6_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", ["", "localhost", "127.1", "0x7f000001", "2130706433", "1.2.3.4.5", "fe80::1%lo"])
def test_what_is_no_address_is_not_public(address: str) -> None:
    assert not is_public(address)


@given(WRITTEN, st.integers(1, 65535))
def test_no_socket_is_made_for_an_address_that_is_not_public(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with pytest.raises(ForbiddenAddress):
        checked_socket((family, socket.SOCK_STREAM, 0, "", (address, port)))


def entry(address: str, port: int) -> tuple[Any, ...]:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return (family, socket.SOCK_STREAM, 6, "", (address, port))


@given(st.lists(WRITTEN, max_size=4), st.lists(PUBLIC_4.map(str), max_size=4), st.randoms())
def test_a_resolver_gives_the_public_addresses_only(private: list[str], public: list[str], chance: Any) -> None:
    both = private + public
    chance.shuffle(both)

    async def resolve(*_: object) -> Sequence[tuple[Any, ...]]:
        return [entry(address, 443) for address in both]

    async def ask() -> list[str]:
        return [found["host"] for found in await CheckedResolver(resolve).resolve("example.org", 443)]

    if public:
        assert asyncio.run(ask()) == [address for address in both if address in public]
    else:
        with pytest.raises(ForbiddenAddress):
            asyncio.run(ask())


# With a receiver that would hear of it.


def send(url: str, resolve: Any = None, *, private: bool = False) -> Answer:
    async def run() -> Answer:
        more = {} if resolve is None else {"resolve": resolve}
        sender = Sender(2.0, private_addresses=private, **more)
        try:
            return await sender.send(url, {"webhook-id": "evt"}, "{}")
        finally:
            await sender.close()

    return asyncio.run(run())


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "127.1", "2130706433", "0x7f.1", "0.0.0.0", "[::]", "[::1]",
     "127.0.0.1.", "localhost.", "017700000001"],
)  # fmt: skip
def test_the_own_machine_is_not_connected_to_under_any_name(receiver: Receiver, host: str) -> None:
    answer = send(f"http://{host}:{receiver.port}/")
    assert answer.outcome in ("forbidden_address", "unreachable")
    assert receiver.messages == []


def test_a_private_address_is_said_to_be_the_reason(receiver: Receiver) -> None:
    assert send(receiver.url).outcome == "forbidden_address"
    assert send(f"http://localhost:{receiver.port}/").outcome == "forbidden_address"


def test_where_private_addresses_are_allowed_they_are_sent_to(receiver: Receiver) -> None:
    assert send(f"http://localhost:{receiver.port}/", private=True).outcome == "delivered"
    receiver.wrong.clear()  # nothing was signed


def test_a_name_that_says_another_address_the_second_time_is_asked_once_and_leads_to_no_private_one(
    receiver: Receiver,
) -> None:
    asked: list[str] = []
    connected: list[str] = []

    async def resolve(host: str, port: int, _: object) -> Sequence[tuple[Any, ...]]:
        asked.append(host)
        return [entry("198.41.0.4" if len(asked) == 1 else "127.0.0.1", port)]

    async def run() -> Sequence[Answer]:
        sender = Sender(1.0, private_addresses=False, resolve=resolve)
        loop = asyncio.get_running_loop()
        original = loop.sock_connect

        async def note(made: socket.socket, address: Any) -> None:
            connected.append(address[0])
            raise ConnectionRefusedError(111, "refused")

        loop.sock_connect = note  # type: ignore[assignment, method-assign]
        try:
            return [await sender.send(f"http://rebinding.example:{receiver.port}/", {}, "{}") for _ in range(2)]
        finally:
            loop.sock_connect = original  # type: ignore[method-assign]
            await sender.close()

    first, second = asyncio.run(run())
    assert asked == ["rebinding.example", "rebinding.example"], "once a connection"
    assert (first.outcome, second.outcome) == ("unreachable", "forbidden_address")
    assert connected == ["198.41.0.4"], "what was checked is what was connected to"
    assert receiver.messages == []


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://example.org/", "begin with"), ("https:///x", "begin with"), ("example.org", "begin with"),
        ("https://user:word@example.org/", "without a user"), ("https://example.org/#part", "a fragment"),
        ("https://example.org/ä", "ASCII"), ("https://example.org/" + "x" * 2000, "2000"),
        ("https://example.org:99999/", "not a URL"), ("https://[oops/", "not a URL"),
        ("http://10.0.0.1/", "not public"), ("http://[::1]/", "not public"),
    ],
)  # fmt: skip
def test_what_cannot_be_sent_to_is_said_at_once(url: str, says: str) -> None:
    wrong = wrong_with(url, private=False)
    assert wrong is not None
    assert says in wrong


def test_other_urls_are_fine() -> None:
    assert wrong_with("https://example.org:8443/hooks?shop=1", private=False) is None
    assert wrong_with("http://10.0.0.1/", private=True) is None
