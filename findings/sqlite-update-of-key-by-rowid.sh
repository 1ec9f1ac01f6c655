#!/usr/bin/env bash
# Guess: a trigger BEFORE UPDATE OF no, where `no` is the INTEGER PRIMARY KEY, keeps everybody from changing that number.
# What is so: it does where the statement sets `no`. The same column set by one of its other names (rowid, oid, _rowid_)
# fires no trigger of that column, and the number is changed. A trigger that compares old and new values is fired by all.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check apsw==3.54.1.0
cat > "$folder/run.py" <<'PY'
import sys

import apsw

print("apsw", apsw.apsw_version(), "SQLite", apsw.sqlite_lib_version())
BY_COLUMN = "CREATE TRIGGER keep BEFORE UPDATE OF no ON t BEGIN SELECT RAISE (ABORT, 'kept'); END"
BY_VALUE = "CREATE TRIGGER keep BEFORE UPDATE ON t WHEN new.no <> old.no BEGIN SELECT RAISE (ABORT, 'kept'); END"


def changed(trigger: str, name: str) -> bool:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE t (no INTEGER PRIMARY KEY, x)")
    connection.execute(trigger)
    connection.execute("INSERT INTO t VALUES (1, 'a')")
    try:
        connection.execute(f"UPDATE t SET {name} = 7")
    except apsw.ConstraintError:
        pass
    return connection.execute("SELECT no FROM t").get == 7


found = {}
for kind, trigger in (("OF the column", BY_COLUMN), ("by its value", BY_VALUE)):
    for name in ("no", "rowid", "oid", "_rowid_"):
        found[kind, name] = changed(trigger, name)
        print(f"trigger {kind}, SET {name}:", "changed" if found[kind, name] else "refused")
expected = {(kind, name): kind == "OF the column" and name != "no" for kind, name in found}
sys.exit(0 if found == expected else 1)
PY
"$folder/venv/bin/python" "$folder/run.py"
