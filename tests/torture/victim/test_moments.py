"""The points that a transaction passes, as its statements tell them."""

from sellout.store.queries import load_queries
from sellout.torture.victim.arming import Point
from sellout.torture.victim.moments import Moments

SELL = load_queries("sqlite", "transact")["insert_purchases"]
SELL_ON_POSTGRES = load_queries("postgres", "transact")["insert_purchases"]


def passed(*statements: str) -> list[Point]:
    points = list[Point]()
    moments = Moments(points.append)
    for statement in statements:
        if statement == "undone":
            moments.undone()
        else:
            moments.begins(statement)
            moments.ended(statement)
    return points


def test_a_batch_that_sells_passes_its_commit() -> None:
    assert passed("BEGIN", SELL, "COMMIT") == ["before_commit", "after_commit"]
    assert passed("BEGIN", SELL_ON_POSTGRES, "COMMIT") == ["before_commit", "after_commit"]


def test_a_commit_that_sold_nothing_is_none_to_us() -> None:
    assert passed("BEGIN", "SELECT 1", "COMMIT", "UPDATE inventory SET paused = 1", "COMMIT") == []
    assert passed("BEGIN", SELL, "undone", "BEGIN", "COMMIT") == []
    assert passed(SELL, "BEGIN IMMEDIATE", "COMMIT") == [], "a migration's script has such statements"
    assert len(passed("BEGIN", SELL, "COMMIT", "BEGIN", "COMMIT")) == 2


def test_a_commit_that_failed_was_not_passed() -> None:
    points = list[Point]()
    moments = Moments(points.append)
    moments.begins(SELL)
    moments.begins("COMMIT")
    moments.undone()
    moments.ended("COMMIT")
    assert points == ["before_commit"]


def test_each_migration_is_a_point() -> None:
    assert passed(*[load_queries("sqlite", "schema")["record"]] * 3) == ["in_migration"] * 3
    assert passed("CREATE TABLE x (y)", f"CREATE TABLE x (y);\n{load_queries('postgres', 'schema')['record']}") == [
        "in_migration"
    ]
