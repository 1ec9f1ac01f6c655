"""Bringing a PostgreSQL database's schema up to date, once, whichever node comes first."""

import asyncpg

from sellout.store.migrations import Migration, migrations, missing
from sellout.store.port import NoShop, OutOfDate, StoreUnusable
from sellout.store.postgres_connection import Connection
from sellout.store.postgres_statements import statements

_SCHEMA = statements("schema")


async def upgrade(connection: Connection) -> None:
    """Apply the migrations that the database lacks, all or none. Raises StoreUnusable and asyncpg errors.

    A role that may not change the schema can serve where nothing is missing.
    """
    if not await lacking(connection):
        return
    try:
        async with connection.transaction():
            await connection.execute(_SCHEMA["lock_schema"].sql)
            for step in await lacking(connection):  # asked again under the lock: another node may have been faster
                await connection.execute(script_of(step))
    except asyncpg.InsufficientPrivilegeError as error:
        raise StoreUnusable(
            f"its schema is not up to date, and this role may not change it ({error}): "
            "run `sellout db upgrade` with a role that may"
        ) from None


def script_of(step: Migration) -> str:
    """A migration and its record, as one script."""
    name = step.name.replace("'", "''")
    create = _SCHEMA["create_migrations"].sql + "\n\n" if step.number == 1 else ""
    record = _SCHEMA["record"].sql.replace("$1", str(step.number)).replace("$2", f"'{name}'")
    return f"{create}{step.sql}\n{record}\n"


async def lacking(connection: Connection) -> list[Migration]:
    """The migrations that this database still needs. Raises StoreUnusable where it is not ours to change."""
    tables = [name for (name,) in await connection.fetch(_SCHEMA["tables"].sql)]
    if "sellout_migrations" in tables:
        applied = int(await connection.fetchval(_SCHEMA["applied"].sql))
    elif tables:
        raise NoShop(f"it belongs to another program: it has the tables {', '.join(tables)}")
    else:
        applied = 0
    return missing(migrations("postgres"), applied)


async def check_is_complete(connection: Connection) -> None:
    """Raises NoShop where nothing was ever made, and StoreUnusable where migrations are missing; changes nothing."""
    steps = await lacking(connection)
    if len(steps) == len(migrations("postgres")):
        raise NoShop("there is no shop in it; `sellout db upgrade` makes its tables")
    if steps:
        raise OutOfDate
