"""What every start sees to: the default item, an organiser key, sealed ledgers. It touches the store only."""

from collections.abc import Sequence
from typing import NamedTuple

from sellout.domain import AddItem, Change, ChangeItem, Difference, Item, replacement
from sellout.keys import digest, new_key
from sellout.naming import slug
from sellout.settings import Settings
from sellout.store.clock import Clock, host_clock
from sellout.store.port import Store, StoreUnusable, first_item
from sellout.store.reader import Reader
from sellout.store.sqlite import SQLiteStore
from sellout.store.sqlite_reading import SQLiteReader

KEY_FROM_SETTINGS = "settings"
KEY_OF_FIRST_START = "first-start"


class Prepared(NamedTuple):
    """What a start has found or made. `new_key` is set once in a database's life and kept nowhere.

    `key_is_revoked`: the key of the settings opens nothing, because it has been revoked. `differing` items are paused.
    """

    new_key: str | None
    key_is_revoked: bool = False
    differing: Sequence[Difference] = ()


async def open_store(
    settings: Settings, *, clock: Clock | None = None, create: bool = True, patient: bool = False
) -> Store:
    """The store that the settings name, with its schema up to date; `clock` instead of the engine's own, for tests.

    A `patient` one lets a reading take as long as it takes: for commands, behind which nobody waits.
    Raises StoreUnusable, and StoreUnavailable where a server does not answer.
    """
    path = settings.database_path
    if path is None:
        from sellout.store.postgres import open_postgres  # a shop on SQLite need not carry the driver in its memory

        return await open_postgres(settings.database, clock, settings.lock_wait_seconds, patient=patient)
    if not create and not path.exists():
        raise StoreUnusable("there is no such file; `sellout serve` and `sellout items add` make one")
    return SQLiteStore(path, clock or host_clock, wait_seconds=settings.lock_wait_seconds)


async def open_reader(settings: Settings) -> Reader:
    """What reads the database that the settings name, and changes nothing. A reading takes as long as it takes.

    Raises NoShop, StoreUnusable, and StoreUnavailable where a server does not answer.
    """
    path = settings.database_path
    if path is not None:
        return SQLiteReader(path)
    from sellout.store.postgres import open_postgres_to_read

    return await open_postgres_to_read(settings.database, wait_seconds=settings.lock_wait_seconds)


async def prepare(store: Store, settings: Settings, deadline: float, *, compare: bool = True) -> Prepared:
    """See to the default item and an organiser key. Any number of processes may do so at once.

    With `compare` the counters of all items are compared with their ledgers, which reads all movements.
    Raises StoreUnavailable where another process keeps the database locked past `deadline`.
    """
    await add_default_item(store, settings, deadline)
    await seal_all(store)
    differing = await pause_differing(store, deadline) if compare else ()
    return (await _prepare_key(store, settings))._replace(differing=differing)


async def pause_differing(store: Store, deadline: float) -> Sequence[Difference]:
    """Pause every item whose counters are not the sums of its ledger: it would sell units again, or too few."""
    found = await store.differing()
    if found:
        await store.transact([ChangeItem(each.item_id, (Change("paused", value=True),)) for each in found], deadline)
    return found


def what_differs(difference: Difference) -> str:
    """For people: what is wrong with an item, and what to do."""
    return (
        f"{difference}: another program has changed the counters, so the item is paused; "
        "set them right (`sellout audit` says when they are), then open it again"
    )


async def seal_all(store: Store) -> None:
    """Seal what the ledgers have from before there were seals, and from other programs."""
    while await store.seal_rest():
        pass


async def add_default_item(store: Store, settings: Settings, deadline: float) -> None:
    """Put the default item on sale where it is not."""
    if first_item(await store.item(slug(settings.item))) is None:
        await store.transact([AddItem(default_item(settings))], deadline)


async def _prepare_key(store: Store, settings: Settings) -> Prepared:
    if settings.organiser_key is not None:
        chosen = digest(settings.organiser_key.get_secret_value())
        plan = replacement(await store.organiser_keys(), KEY_FROM_SETTINGS, chosen)
        is_valid = await store.set_organiser_key(KEY_FROM_SETTINGS, chosen) if plan.changes else plan.is_valid
        return Prepared(None, key_is_revoked=not is_valid)
    if await store.organiser_keys():
        return Prepared(None)
    made = new_key()
    was_first = await store.add_first_organiser_key(KEY_OF_FIRST_START, digest(made))
    return Prepared(made if was_first else None)


def default_item(settings: Settings) -> Item:
    """The item that POST /buy_ticket sells."""
    return Item(
        id=slug(settings.item),
        name=settings.item,
        capacity=settings.stock,
        sold=0,
        held=0,
        opens_at=None,
        closes_at=None,
        paused=False,
        limit_per_buyer=None,
        max_per_order=settings.max_per_order,
        hold_seconds=settings.hold_seconds,
        payment_seconds=settings.payment_seconds,
        offer_seconds=settings.offer_seconds,
    )
