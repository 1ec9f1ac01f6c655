"""Who is asking, behind proxies that are trusted or not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellout.addresses import client_address, networks

PROXIES = networks("10.0.0.0/8, 192.0.2.7, 2001:db8:1::/48")


def test_without_proxies_the_other_end_of_the_connection_is_the_client() -> None:
    assert client_address("203.0.113.9", "198.51.100.1", ()) == "203.0.113.9"


def test_what_a_trusted_proxy_has_added_is_believed() -> None:
    assert client_address("10.1.2.3", "198.51.100.1", PROXIES) == "198.51.100.1"


def test_what_a_client_has_made_up_before_it_is_not() -> None:
    assert client_address("10.1.2.3", "198.51.100.1, 203.0.113.9", PROXIES) == "203.0.113.9"


def test_a_chain_of_proxies_is_followed_to_its_end() -> None:
    assert client_address("10.1.2.3", "198.51.100.1, 203.0.113.9, 192.0.2.7", PROXIES) == "203.0.113.9"


def test_a_header_from_elsewhere_is_not_believed() -> None:
    assert client_address("203.0.113.9", "198.51.100.1", PROXIES) == "203.0.113.9"


@pytest.mark.parametrize("junk", ["", "unknown", "_hidden", "1.2.3.4:x", "[2001:db8::1", "198.51.100.1,", ", ,"])
def test_what_is_no_address_leaves_the_proxy_as_the_client(junk: str) -> None:
    assert client_address("10.1.2.3", junk, PROXIES) == "10.1.2.3"


def test_a_client_has_an_ipv6_network_for_itself() -> None:
    assert client_address("2001:db8:2:3::1", "", ()) == client_address("2001:db8:2:3:ffff::2", "", ())
    assert client_address("2001:db8:2:3::1", "", ()) != client_address("2001:db8:2:4::1", "", ())


def test_an_ipv4_address_within_ipv6_is_that_address() -> None:
    assert client_address("::ffff:203.0.113.9", "", ()) == "203.0.113.9"
    assert client_address("::ffff:10.1.2.3", "198.51.100.1", PROXIES) == "198.51.100.1"


@given(st.text(max_size=60), st.ip_addresses().map(str))
def test_a_client_of_a_trusted_proxy_cannot_choose_who_it_is(made_up: str, client: str) -> None:
    told = client_address("192.0.2.7", f"{made_up},{client}", networks("192.0.2.7"))
    assert told == client_address(client, "", ()) or client == "192.0.2.7"


@pytest.mark.parametrize("text", ["10.0.0.0/33", "a proxy", "10.0.0.1/8"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        networks(text)


@pytest.mark.parametrize(
    ("written", "client"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("203.0.113.7:51234", "203.0.113.7"),
        (" 203.0.113.7 ", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("[::ffff:203.0.113.7]:443", "203.0.113.7"),
        ("2001:db8::1", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::/64"),
        ("[2001:db8::1]:443", "2001:db8::/64"),
        ("2001:DB8:0:0:1::1", "2001:db8::/64"),
    ],
)
def test_an_address_is_the_same_however_it_is_written(written: str, client: str) -> None:
    assert client_address(written, "", ()) == client
    assert client_address("[::ffff:10.1.2.3]", written, PROXIES) == client
    assert client_address("10.1.2.3", "", PROXIES, f'for="{written}";proto=https') == client


@pytest.mark.parametrize(
    ("forwarded", "client"),
    [
        ("for=198.51.100.1", "198.51.100.1"),
        ("For=198.51.100.1;proto=http;by=10.0.0.1", "198.51.100.1"),
        ("proto=http; for=198.51.100.1", "198.51.100.1"),
        ('for=203.0.113.9, for="[2001:db8::1]:443"', "2001:db8::/64"),
        ('for=203.0.113.9, for="198.51.100.1:80";host="a,b"', "198.51.100.1"),
        ("for=198.51.100.1, for=192.0.2.7", "198.51.100.1"),
        ("for=198.51.100.1, for=unknown", "10.1.2.3"),
        ('for=198.51.100.1, for="_hidden"', "10.1.2.3"),
        ("for=198.51.100.1, proto=https", "10.1.2.3"),
        ("therefor=198.51.100.1", "10.1.2.3"),
    ],
)
def test_forwarded_is_read_as_its_standard_says(forwarded: str, client: str) -> None:
    assert client_address("10.1.2.3", "", PROXIES, forwarded) == client


def test_of_two_headers_the_one_that_proxies_write_counts() -> None:
    assert client_address("10.1.2.3", "198.51.100.1", PROXIES, "for=203.0.113.9") == "198.51.100.1"
    assert client_address("203.0.113.5", "198.51.100.1", PROXIES, "for=203.0.113.9") == "203.0.113.5"
