#!/usr/bin/env bash
# Guess: a write-ahead log that lies beside an empty database file, as after `touch` or a file made anew, is recovered, or
# refused because it belongs to another file.
# What is so: the first statement removes the log without a word, with all committed transactions in it. Whoever makes a
# file where one was removed or moved has to put the log aside first.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check apsw==3.54.1.0
cat > "$folder/run.py" <<'PY'
import os
import shutil
import sys
import tempfile
from pathlib import Path

import apsw

print("apsw", apsw.apsw_version(), "SQLite", apsw.sqlite_lib_version())
with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
    writer = apsw.Connection(f"{one}/a.db")
    writer.execute("PRAGMA journal_mode = WAL").fetchall()
    writer.execute("CREATE TABLE t (x)")
    writer.execute("INSERT INTO t VALUES (1)")
    shutil.copy(f"{one}/a.db-wal", f"{other}/a.db-wal")
    Path(f"{other}/a.db").touch()
    print("log before:", os.path.getsize(f"{other}/a.db-wal"), "bytes, beside a file of 0")
    opened = apsw.Connection(f"{other}/a.db")
    tables = opened.execute("SELECT count(*) FROM sqlite_schema").get
    left = sorted(os.listdir(other))
    print("after the first statement:", tables, "tables;", left)
sys.exit(0 if (tables, left) == (0, ["a.db"]) else 1)
PY
"$folder/venv/bin/python" "$folder/run.py"
