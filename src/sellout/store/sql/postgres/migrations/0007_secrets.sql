-- What a shop signs with where no setting says it: sessions of the desk, and challenges. All workers and all nodes find it
-- here. Whoever removes the row ends all sessions; the next start makes another.
CREATE TABLE secrets (
    name text PRIMARY KEY,
    secret text NOT NULL,
    made_at bigint NOT NULL
);
