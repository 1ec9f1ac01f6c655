"""Verifying tokens: by the one key that the settings have, until they end; and what can be such a key."""

import time
from pathlib import Path

import jwt
import pytest

from sellout.buyer_tokens import KNOWN_MAX, LEEWAY_SECONDS, BadToken, TokenVerifier
from sellout.settings import BadSetting, load_settings
from tests.logins import BAD, KEYS, PUBLIC, SECRET, token


class Clock:
    """The time until a test moves it."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        return self.now


def has_expired(*_: object, **__: object) -> None:
    """What the library says of a token that has ended."""
    raise jwt.ExpiredSignatureError


def verifier(algorithm: str, issuer: str | None = None) -> TokenVerifier:
    return TokenVerifier(KEYS[algorithm], "sellout", issuer)


@pytest.mark.parametrize("algorithm", KEYS)
def test_a_good_token_proves_its_buyer(algorithm: str) -> None:
    verify = verifier(algorithm)
    for buyer in ("ada", "Zoë 東京", "bob", "ada"):
        assert verify.buyer_of(token(buyer, algorithm)) == buyer


@pytest.mark.parametrize("algorithm", KEYS)
@pytest.mark.parametrize("name", BAD)
def test_a_bad_token_proves_nothing_again_and_again(name: str, algorithm: str) -> None:
    verify = verifier(algorithm)
    bad = BAD[name](algorithm)
    for _ in range(2):
        with pytest.raises(BadToken, match=r"it (has expired|is too long|is not one of this shop's login)"):
            verify.buyer_of(bad)


@pytest.mark.parametrize("algorithm", KEYS)
def test_an_issuer_is_asked_for_where_one_is_set(algorithm: str) -> None:
    of_login, of_nobody, of_another = (token(algorithm=algorithm, iss=iss) for iss in ("login", None, "another"))
    for sent in (of_login, of_nobody, of_another):
        assert verifier(algorithm).buyer_of(sent) == "ada"
    verify = verifier(algorithm, issuer="login")
    assert verify.buyer_of(of_login) == "ada"
    for sent in (of_nobody, of_another):
        with pytest.raises(BadToken, match="not one of this shop's login"):
            verify.buyer_of(sent)


def test_a_token_is_known_until_it_ends_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    verify = TokenVerifier(SECRET, "sellout", None, clock)
    sent = token(algorithm="HS256", exp=int(clock.now) + 60)
    assert verify.buyer_of(sent) == "ada"
    monkeypatch.setattr("sellout.buyer_tokens.jwt.decode", has_expired)
    clock.now += 60 + LEEWAY_SECONDS - 2
    assert verify.buyer_of(sent) == "ada", "its signature is not looked at again"
    clock.now += 3
    with pytest.raises(BadToken, match="it has expired"):
        verify.buyer_of(sent)


def test_no_more_tokens_are_known_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    assert KNOWN_MAX >= 1000
    monkeypatch.setattr("sellout.buyer_tokens.KNOWN_MAX", 3)
    verify = verifier("HS256")
    sent = [token(f"buyer {number}", "HS256") for number in range(5)]
    for _ in range(2):
        assert [verify.buyer_of(each) for each in sent] == [f"buyer {number}" for number in range(5)]
        assert len(verify._known) == 3


@pytest.mark.parametrize("key", ["short", "-----BEGIN PUBLIC KEY-----\nx", "/no/such/file.pem"])
def test_a_key_that_is_none_stops_the_start_and_is_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLOUT_BUYER_TOKEN_KEY", key)
    with pytest.raises(BadSetting, match=r"SELLOUT_BUYER_TOKEN_KEY=\*\*\*: must be"):
        load_settings()


def test_a_key_may_be_a_file_or_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "login.pem"
    file.write_text(PUBLIC)
    for key in (str(file), PUBLIC, PUBLIC.replace("\n", "\\n")):
        monkeypatch.setenv("SELLOUT_BUYER_TOKEN_KEY", key)
        found = load_settings().buyer_token_key
        assert found is not None
        assert TokenVerifier(found.get_secret_value(), "sellout", None).buyer_of(token()) == "ada"


def _bare(pem: str) -> str:
    return "".join(line for line in pem.splitlines() if not line.startswith("-----"))


KNOWN_TO_OTHERS = {
    "an address": "https://login.example.org/.well-known/jwks.json?long=enough",
    "a path": "/etc/sellout/keys/the-public-key-of-the-login.json",
    "a path of a user": "~/keys/the-public-key-of-the-login-of-our-shop",
    "a set of keys": '{"keys": [{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}]}',
    "a public key without its lines": _bare(PUBLIC),
    "a key of SSH": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExample shop",
}


@pytest.mark.parametrize("what", KNOWN_TO_OTHERS)
def test_what_others_know_is_no_secret(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELLOUT_BUYER_TOKEN_KEY", KNOWN_TO_OTHERS[what])
    with pytest.raises(BadSetting, match="must be a secret that nobody else knows") as refused:
        load_settings()
    assert KNOWN_TO_OTHERS[what] not in str(refused.value)
