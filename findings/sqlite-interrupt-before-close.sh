#!/usr/bin/env bash
# Guess: interrupting an SQLite connection on which nothing runs has no effect, as its documentation says of later
# statements; so a program may interrupt all its connections and then close them.
# What is so: the last connection that was interrupted while idle does not empty and remove the write-ahead log when it is
# closed, and says nothing. A clean stop then looks like a crash: the log and its index are left beside the file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check apsw==3.54.1.0
cat > "$folder/run.py" <<'PY'
import os
import sys
import tempfile

import apsw

print("apsw", apsw.apsw_version(), "SQLite", apsw.sqlite_lib_version())
left = {}
for interrupted in (False, True):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/a.db"
        writer = apsw.Connection(path)
        writer.execute("PRAGMA journal_mode = WAL").fetchall()
        writer.execute("CREATE TABLE t (x)")
        reader = apsw.Connection(path)
        reader.execute("SELECT count(*) FROM t").fetchall()
        writer.close()
        if interrupted:
            reader.interrupt()
        reader.close()
        left[interrupted] = sorted(os.listdir(folder))
        print("interrupted while idle" if interrupted else "not interrupted", "-> left after the last close:", left[interrupted])
sys.exit(0 if left == {False: ["a.db"], True: ["a.db", "a.db-shm", "a.db-wal"]} else 1)
PY
"$folder/venv/bin/python" "$folder/run.py"
