"""What every start sees to: the default item, an organiser key, sealed ledgers. It touches the store only."""

from typing import NamedTuple

from sellout.domain import AddItem, Item, replacement
from sellout.keys import digest, new_key
from sellout.naming import slug
from sellout.settings import Settings
from sellout.store.clock import Clock, host_clock
from sellout.store.port import Store, StoreUnusable, first_item
from sellout.store.sqlite import SQLiteStore

KEY_FROM_SETTINGS = "settings"
KEY_OF_FIRST_START = "first-start"


class Prepared(NamedTuple):
    """What a start has found or made. `new_key` is set once in a database's life and kept nowhere.

    `key_is_revoked`: the key of the settings opens nothing, because it has been revoked.
    """

    new_key: str | None
    key_is_revoked: bool = False


async def open_store(settings: Settings, *, clock: Clock | None = None, create: bool = True) -> Store:
    """The store that the settings name, with its schema up to date; `clock` instead of the engine's own, for tests.

    Raises StoreUnusable, and StoreUnavailable where a server does not answer.
    """
    path = settings.database_path
    if path is None:
        from sellout.store.postgres import open_postgres  # a shop on SQLite need not carry the driver in its memory

        return await open_postgres(settings.database, clock, wait_seconds=settings.lock_wait_seconds)
    if not create and not path.exists():
        raise StoreUnusable("there is no such file; `sellout serve` and `sellout items add` make one")
    return SQLiteStore(path, clock or host_clock, wait_seconds=settings.lock_wait_seconds)


async def prepare(store: Store, settings: Settings, deadline: float) -> Prepared:
    """See to the default item and an organiser key. Any number of processes may do so at once.

    Raises StoreUnavailable where another process keeps the database locked past `deadline`.
    """
    await add_default_item(store, settings, deadline)
    await seal_all(store)
    return await _prepare_key(store, settings)


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
