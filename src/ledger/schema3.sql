-- From version 2 to version 3: which machine the ledger belongs to, a log of what
-- was done to the till, and chains that go on under a renewed certificate.

-- The machines that this ledger was used on; the newest row counts.
CREATE TABLE bindings (
    -- 1, 2, 3...
    id      INTEGER PRIMARY KEY CHECK (id >= 1),
    -- what tells the machine from others: SHA-256 over facts of its hardware
    machine BLOB NOT NULL CHECK (length(machine) = 32),
    at      INTEGER NOT NULL,
    why     TEXT NOT NULL CHECK (length(why) > 0)
) STRICT;

CREATE TRIGGER bindings_in_order BEFORE INSERT ON bindings
WHEN NEW.id <> 1 + coalesce((SELECT max(id) FROM bindings), 0)
BEGIN SELECT RAISE(ABORT, 'bindings: the number is not one more than the last'); END;
CREATE TRIGGER bindings_fixed BEFORE UPDATE ON bindings
BEGIN SELECT RAISE(ABORT, 'bindings: never changed'); END;
CREATE TRIGGER bindings_kept BEFORE DELETE ON bindings
BEGIN SELECT RAISE(ABORT, 'bindings: never deleted'); END;

-- Number counters below which nothing may be issued any more, because a recovery
-- learned of documents up to there that this file does not hold.
CREATE TABLE floors (
    -- 1, 2, 3...
    id     INTEGER PRIMARY KEY CHECK (id >= 1),
    serial INTEGER NOT NULL CHECK (serial >= 0),
    at     INTEGER NOT NULL
) STRICT;

CREATE TRIGGER floors_in_order BEFORE INSERT ON floors
WHEN NEW.id <> 1 + coalesce((SELECT max(id) FROM floors), 0)
BEGIN SELECT RAISE(ABORT, 'floors: the number is not one more than the last'); END;
CREATE TRIGGER floors_fixed BEFORE UPDATE ON floors
BEGIN SELECT RAISE(ABORT, 'floors: never changed'); END;
CREATE TRIGGER floors_kept BEFORE DELETE ON floors
BEGIN SELECT RAISE(ABORT, 'floors: never deleted'); END;

-- What was done to the till beside issuing documents, in order: each row carries
-- a SHA-256 over the hash of the row before and its own content (activities.rs),
-- and the high-water mark knows the newest one.
CREATE TABLE activities (
    -- 1, 2, 3...
    id     INTEGER PRIMARY KEY CHECK (id >= 1),
    at     INTEGER NOT NULL,
    -- 'tilld', 'uid 1000', ...
    actor  TEXT NOT NULL CHECK (length(actor) > 0),
    -- 'bound', 'chain-opened', 'recovered', ...
    what   TEXT NOT NULL CHECK (length(what) > 0),
    -- a JSON object
    detail TEXT NOT NULL CHECK (length(detail) > 0),
    hash   BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

CREATE TRIGGER activities_in_order BEFORE INSERT ON activities
WHEN NEW.id <> 1 + coalesce((SELECT max(id) FROM activities), 0)
BEGIN SELECT RAISE(ABORT, 'activities: the number is not one more than the last'); END;
CREATE TRIGGER activities_fixed BEFORE UPDATE ON activities
BEGIN SELECT RAISE(ABORT, 'activities: never changed'); END;
CREATE TRIGGER activities_kept BEFORE DELETE ON activities
BEGIN SELECT RAISE(ABORT, 'activities: never deleted'); END;

-- The chain whose last document this one follows: its first ICV is one more, its
-- first previous hash is that document's. NULL: it begins at ICV 1. The chain
-- that is continued has a closure from then on, written with this row.
ALTER TABLE chains ADD COLUMN continues INTEGER REFERENCES chains (id) CHECK (continues < id);

CREATE TRIGGER chains_continue_what_is BEFORE INSERT ON chains
WHEN NEW.continues IS NOT NULL
 AND NOT EXISTS (SELECT 1 FROM documents WHERE id BETWEEN NEW.continues << 32 AND (NEW.continues << 32) | 0xFFFFFFFF)
BEGIN SELECT RAISE(ABORT, 'chains: the chain to be continued has no document'); END;

-- As before; the first document of a chain that continues another one follows
-- that one's last. The later arms are read for the first document only.
DROP TRIGGER documents_gapless;
CREATE TRIGGER documents_gapless BEFORE INSERT ON documents
WHEN (NEW.id & 0xFFFFFFFF) <> 1 + coalesce((
        SELECT id & 0xFFFFFFFF FROM documents
        WHERE id BETWEEN (NEW.id >> 32) << 32 AND (NEW.id | 0xFFFFFFFF)
        ORDER BY id DESC LIMIT 1), (
        SELECT id & 0xFFFFFFFF FROM documents
        WHERE id <= (((SELECT continues FROM chains WHERE id = NEW.id >> 32) << 32) | 0xFFFFFFFF)
        ORDER BY id DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'documents: the ICV is not one more than the last of its chain'); END;

DROP TRIGGER documents_linked;
CREATE TRIGGER documents_linked BEFORE INSERT ON documents
WHEN NEW.previous IS NOT coalesce((SELECT hash FROM documents WHERE id = NEW.id - 1), (
        SELECT hash FROM documents
        WHERE id <= (((SELECT continues FROM chains WHERE id = NEW.id >> 32) << 32) | 0xFFFFFFFF)
        ORDER BY id DESC LIMIT 1))
BEGIN SELECT RAISE(ABORT, 'documents: the previous hash is not that of the document before'); END;

-- As before, and the first document of a chain that continues another one is
-- not older than that one's last, nor is its counter lower.
CREATE TRIGGER documents_in_time_across BEFORE INSERT ON documents
WHEN NOT EXISTS (SELECT 1 FROM documents WHERE id = NEW.id - 1)
 AND EXISTS (
        SELECT 1 FROM documents AS last
        WHERE id = (
                SELECT id FROM documents
                WHERE id <= (((SELECT continues FROM chains WHERE id = NEW.id >> 32) << 32) | 0xFFFFFFFF)
                ORDER BY id DESC LIMIT 1)
          AND (serial > NEW.serial
               OR (NEW.corrects IS NULL AND corrects IS NULL AND issued > NEW.issued)))
BEGIN SELECT RAISE(ABORT, 'documents: issued before the document it follows'); END;
