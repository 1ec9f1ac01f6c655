-- What a shop signs with where no setting says it: sessions of the desk, and challenges. All workers and all nodes find it
-- here. Whoever removes the row ends all sessions; the next start makes another.
CREATE TABLE secrets (
    name TEXT NOT NULL PRIMARY KEY,
    secret TEXT NOT NULL,
    made_at INTEGER NOT NULL
) STRICT;
