"""Organiser keys in a store, whatever its engine: names, scopes, taking the place of another, revoking."""

import asyncio
import inspect
from itertools import combinations
from typing import Any

import pytest

from sellout.domain import ALL_SCOPES, KeyScope, OrganiserKey, Revocation
from sellout.store.port import Store
from tests.store.shop import Shop

READ, SELL, MANAGE = KeyScope


def keys_of(shop: Shop) -> list[OrganiserKey]:
    return list(shop.use(lambda store: store.organiser_keys()))


def valid(shop: Shop) -> dict[str, str]:
    """The digest of each valid key."""
    return {key.name: key.digest for key in keys_of(shop) if key.is_valid}


def add(shop: Shop, name: str, digest: str, *scopes: KeyScope) -> bool:
    return shop.use(lambda store: store.add_organiser_key(name, digest, scopes or ALL_SCOPES))


def put(shop: Shop, name: str, digest: str) -> bool:
    return shop.use(lambda store: store.set_organiser_key(name, digest))


def revoke(shop: Shop, name: str, *, last_too: bool = False) -> Revocation:
    return shop.use(lambda store: store.revoke_organiser_key(name, last_too=last_too))


def test_every_set_of_scopes_is_kept_as_it_was_given(shop: Shop) -> None:
    sets = [frozenset(some) for size in (1, 2, 3) for some in combinations(KeyScope, size)]
    for number, scopes in enumerate(sets):
        assert add(shop, f"key-{number}", f"digest-{number}", *sorted(scopes))
        shop.now += 1
    found = keys_of(shop)
    assert [key.scopes for key in found] == sets
    assert found[0] == OrganiserKey("key-0", "digest-0", frozenset({READ}), shop.now - len(sets))
    assert [[scope for scope in KeyScope if key.may(scope)] for key in found[3:5]] == [[READ, SELL], [READ, MANAGE]]


def test_a_name_and_a_digest_are_taken_once(shop: Shop) -> None:
    assert add(shop, "office", "one", READ)
    assert not add(shop, "office", "two")
    assert not add(shop, "till", "one")
    assert keys_of(shop) == [OrganiserKey("office", "one", frozenset({READ}), shop.now)]


def test_the_first_key_is_made_once_and_may_do_all(shop: Shop) -> None:
    def first(digest: str) -> bool:
        return shop.use(lambda store: store.add_first_organiser_key("first", digest))

    assert (first("one"), first("two")) == (True, False)
    assert keys_of(shop) == [OrganiserKey("first", "one", ALL_SCOPES, shop.now)]
    revoke(shop, "first", last_too=True)
    assert not first("three"), "there has been one"


def test_a_revoked_key_stays_and_its_name_is_not_given_again(shop: Shop) -> None:
    add(shop, "office", "one")
    add(shop, "till", "two", SELL)
    made, shop.now = shop.now, shop.now + 5
    assert revoke(shop, "till") is Revocation.REVOKED
    shop.now += 5
    assert revoke(shop, "till") is Revocation.REVOKED_BEFORE
    assert revoke(shop, "nobody") is Revocation.UNKNOWN
    assert not add(shop, "till", "three")
    assert keys_of(shop)[1] == OrganiserKey("till", "two", frozenset({SELL}), made, made + 5)
    assert not any(keys_of(shop)[1].may(scope) for scope in KeyScope)


def test_the_last_key_that_may_manage_is_revoked_only_when_that_is_meant(shop: Shop) -> None:
    add(shop, "one", "one")
    add(shop, "two", "two", MANAGE)
    add(shop, "three", "three", READ, SELL)
    assert revoke(shop, "one") is Revocation.REVOKED
    assert revoke(shop, "two") is Revocation.LAST_MANAGER
    assert revoke(shop, "three") is Revocation.REVOKED, "it may not manage"
    assert valid(shop) == {"two": "two"}
    assert revoke(shop, "two", last_too=True) is Revocation.REVOKED
    assert valid(shop) == {}


def test_of_two_that_are_revoked_at_once_one_stays(shop: Shop) -> None:
    add(shop, "one", "one")
    add(shop, "two", "two")

    async def revoke_both(store: Store) -> tuple[Revocation, Revocation]:
        other = await shop.open(lambda: shop.now)
        try:
            return await asyncio.gather(
                store.revoke_organiser_key("one", last_too=False), other.revoke_organiser_key("two", last_too=False)
            )
        finally:
            await other.close()

    assert sorted(shop.use(revoke_both)) == [Revocation.LAST_MANAGER, Revocation.REVOKED]
    assert len(valid(shop)) == 1


def test_a_key_that_is_set_takes_the_place_of_the_one_before(shop: Shop) -> None:
    add(shop, "first", "first")
    add(shop, "settings-old", "another")
    assert all(put(shop, "settings", digest) for digest in ("one", "one", "two", "three"))
    assert valid(shop) == {"first": "first", "settings-old": "another", "settings-3": "three"}
    assert [key.name for key in keys_of(shop) if not key.is_valid] == ["settings", "settings-2"]
    assert keys_of(shop)[-1].scopes == ALL_SCOPES


def test_a_key_that_was_revoked_does_not_come_back_by_being_set_and_throws_nobody_out(shop: Shop) -> None:
    put(shop, "settings", "one")
    put(shop, "settings", "two")
    assert not put(shop, "settings", "one")
    assert valid(shop) == {"settings-2": "two"}
    revoke(shop, "settings-2", last_too=True)
    assert not put(shop, "settings", "two")
    assert valid(shop) == {}


def test_a_key_with_another_name_keeps_it_when_it_is_set(shop: Shop) -> None:
    add(shop, "office", "one", READ)
    put(shop, "settings", "two")
    assert put(shop, "settings", "one")
    assert valid(shop) == {"office": "one"}
    assert keys_of(shop)[0].scopes == {READ}


FORBIDDEN = {
    "UPDATE organiser_keys SET revoked_at = NULL WHERE name = 'till'": "is revoked once",
    "UPDATE organiser_keys SET scopes = 'read sell' WHERE name = 'office'": "is never changed",
    "UPDATE organiser_keys SET name = 'office-2' WHERE name = 'office'": "is never changed",
    "UPDATE organiser_keys SET key_sha256 = 'x' WHERE name = 'office'": "is never changed",
    "DELETE FROM organiser_keys WHERE name = 'till'": "is never removed",
    "INSERT INTO organiser_keys (name, key_sha256, created_at, scopes) VALUES ('x', 'x', 1, 'all')": "scopes_are_known",
    "INSERT INTO organiser_keys (name, key_sha256, created_at, scopes) VALUES ('x', 'x', 1, '')": "scopes_are_known",
    "INSERT INTO organiser_keys (name, key_sha256, created_at, scopes) VALUES ('x', 'x', 1, 'sell read')":
        "scopes_are_known",
}  # fmt: skip


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_database_itself_keeps_keys_as_they_are(shop: Shop, statement: str) -> None:
    add(shop, "office", "one")
    add(shop, "till", "two")
    revoke(shop, "till")
    before = keys_of(shop)

    async def execute(store: Any) -> None:
        done = store._writer.execute(statement)
        if inspect.isawaitable(done):
            await done

    with pytest.raises(Exception, match=FORBIDDEN[statement]):
        shop.use(execute)
    assert keys_of(shop) == before


def test_all_who_ask_for_a_secret_sign_with_that_of_the_first(shop: Shop) -> None:
    async def ask(store: Store) -> list[str]:
        return list(await asyncio.gather(*(store.session_secret(f"secret {number}") for number in range(5))))

    told = set(shop.use(ask))
    assert len(told) == 1
    assert shop.use(lambda store: store.session_secret("later")) in told, "a restart keeps it"
