-- The store of one till, version 1; schema2.sql and schema3.sql lead on, and a new file
-- runs through all, so that old and new files are the same. Documents, attempts, idempotency keys and
-- everything beside them is append-only: triggers refuse what the program
-- would never do, also to another program that opens the file. Only `work`,
-- the list of open tasks, changes. Times are seconds since 1970 in UTC,
-- amounts are halalas.

-- What is true of this file from its making on: `ledger` (16 random bytes that
-- tell two files apart), `uuid_key` (32 bytes, see ids.rs).
CREATE TABLE facts (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Raw-content zstd dictionaries. Without them nothing can be read, so they
-- live beside what they compressed and are checked by hash when loaded.
CREATE TABLE dictionaries (
    id      INTEGER PRIMARY KEY CHECK (id >= 1),
    content BLOB NOT NULL,
    sha256  BLOB NOT NULL CHECK (length(sha256) = 32)
) STRICT;

-- One row per certificate that ever stamped here; ICV and PIH run per chain
-- (signing.md section 8).
CREATE TABLE chains (
    -- the upper bits of every document id; 15 bits keep the id positive
    id          INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 32767),
    -- SHA-256 of the certificate's DER: the same certificate never gets a second chain
    fingerprint BLOB NOT NULL UNIQUE CHECK (length(fingerprint) = 32),
    certificate TEXT NOT NULL CHECK (length(certificate) > 0),
    environment TEXT NOT NULL CHECK (length(environment) > 0),
    dictionary  INTEGER NOT NULL REFERENCES dictionaries (id),
    opened_at   INTEGER NOT NULL
) STRICT;

-- Certificates whose chains may never go on here, because their newest
-- documents are lost to this file. By certificate, since the chain itself may be lost.
CREATE TABLE closures (
    fingerprint BLOB NOT NULL PRIMARY KEY CHECK (length(fingerprint) = 32),
    closed_at   INTEGER NOT NULL,
    -- the highest ICV and number counter that are known to have been issued
    icv         INTEGER NOT NULL CHECK (icv >= 0),
    serial      INTEGER NOT NULL CHECK (serial >= 0),
    reason      TEXT NOT NULL CHECK (length(reason) > 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE documents (
    -- chain << 32 | ICV: (chain, ICV) is unique without an index of its own,
    -- and ids grow in order of issue
    id        INTEGER PRIMARY KEY CHECK (id & 0xFFFFFFFF >= 1),
    chain     INTEGER GENERATED ALWAYS AS (id >> 32) VIRTUAL NOT NULL REFERENCES chains (id),
    uuid      BLOB NOT NULL CHECK (length(uuid) = 16),
    -- BT-1; not unique, because a corrected reissue keeps it
    number    TEXT NOT NULL CHECK (length(number) BETWEEN 1 AND 127),
    -- the till's counter behind its numbers; runs on across chains. It grows with
    -- the id, so a number is found by bisection and needs no index
    serial    INTEGER NOT NULL CHECK (serial >= 1),
    -- type code and transaction flags in one number, 388 and 0200000
    kind      INTEGER NOT NULL CHECK (kind BETWEEN 3800000000 AND 3999999999),
    issued    INTEGER NOT NULL CHECK (issued >= 0),
    hash      BLOB NOT NULL CHECK (length(hash) = 32),
    -- hash of the document before in its chain; NULL for the first
    previous  BLOB CHECK (length(previous) = 32),
    payable   INTEGER NOT NULL,
    tax       INTEGER NOT NULL,
    change    INTEGER NOT NULL CHECK (change >= 0),
    -- 'cash:5000,card:1250', as handed over
    tenders   TEXT NOT NULL,
    reference TEXT,
    -- 1 if the sale asked for a receipt
    print     INTEGER NOT NULL CHECK (print IN (0, 1)),
    -- the signed bytes as they are sent, zstd with the chain's dictionary
    xml       BLOB NOT NULL CHECK (length(xml) > 0)
) STRICT;

-- POS references mostly ascend and land on the right edge: cheap.
CREATE INDEX documents_reference ON documents (reference) WHERE reference IS NOT NULL;

-- Fires before uniqueness is looked at, so it also stops INSERT OR REPLACE
-- from a connection without recursive_triggers.
CREATE TRIGGER documents_gapless BEFORE INSERT ON documents
WHEN (NEW.id & 0xFFFFFFFF) <> 1 + coalesce((
        SELECT id & 0xFFFFFFFF FROM documents
        WHERE id BETWEEN (NEW.id >> 32) << 32 AND (NEW.id | 0xFFFFFFFF)
        ORDER BY id DESC LIMIT 1), 0)
BEGIN SELECT RAISE(ABORT, 'documents: the ICV is not one more than the last of its chain'); END;

CREATE TRIGGER documents_linked BEFORE INSERT ON documents
WHEN NEW.previous IS NOT (SELECT hash FROM documents WHERE id = NEW.id - 1)
BEGIN SELECT RAISE(ABORT, 'documents: the previous hash is not that of the document before'); END;

CREATE TRIGGER documents_in_time BEFORE INSERT ON documents
WHEN EXISTS (SELECT 1 FROM documents WHERE id = NEW.id - 1 AND (issued > NEW.issued OR serial > NEW.serial))
BEGIN SELECT RAISE(ABORT, 'documents: issued before the document it follows'); END;

CREATE TRIGGER documents_open_chain BEFORE INSERT ON documents
WHEN EXISTS (SELECT 1 FROM closures JOIN chains USING (fingerprint) WHERE chains.id = NEW.id >> 32)
BEGIN SELECT RAISE(ABORT, 'documents: the chain is closed'); END;

-- The first answer to a key, for ever. Keys are mostly random, and every byte
-- here is a byte in one more page that a sale touches; so keys and bodies are
-- kept as hashes: 128 bits of each.
CREATE TABLE idempotency (
    -- SHA-256 of the key: bytes 0 to 7 as a number. Two keys that share them
    -- stand at the next free number
    slot     INTEGER PRIMARY KEY,
    -- bytes 8 to 15
    key      BLOB NOT NULL CHECK (length(key) = 8),
    -- SHA-256 of the request's body: bytes 0 to 15
    body     BLOB NOT NULL CHECK (length(body) = 16),
    document INTEGER NOT NULL REFERENCES documents (id)
) STRICT;

-- What still has to happen to a document. Rows are born in the sale's own
-- transaction and leave when the task is done, so the table is as large as the
-- backlog, and both tasks of a sale share one page. Final report states live
-- in `attempts`; a print task that is gone has been printed.
CREATE TABLE work (
    -- document << 16 | task; 0 report to the authority, 1 print the original,
    -- 2... print a copy
    id       INTEGER PRIMARY KEY,
    document INTEGER GENERATED ALWAYS AS (id >> 16) VIRTUAL NOT NULL REFERENCES documents (id),
    task     INTEGER GENERATED ALWAYS AS (id & 0xFFFF) VIRTUAL NOT NULL,
    state    TEXT NOT NULL CHECK (
        (task = 0 AND state IN ('Queued', 'InFlight', 'Held')) OR
        (task > 0 AND state IN ('Pending', 'Printing', 'Unconfirmed', 'Failed'))),
    -- when the report task may be tried (again)
    due_at   INTEGER CHECK (task > 0 OR due_at IS NOT NULL),
    -- when the document was issued: the deadline of the report runs from here
    issued   INTEGER CHECK (task > 0 OR issued IS NOT NULL),
    -- report attempts begun
    tries    INTEGER NOT NULL DEFAULT 0 CHECK (tries >= 0),
    -- when the attempt in flight began
    began_at INTEGER CHECK (state <> 'InFlight' OR began_at IS NOT NULL),
    -- why a report is held, or what the printer said
    note     TEXT
) STRICT;

-- Every submission attempt, in the order of a document's attempts. The hash
-- that was sent is the document's, whose bytes never change.
CREATE TABLE attempts (
    -- document << 16 | number: 1, 2, 3... within the document
    id          INTEGER PRIMARY KEY CHECK (id & 0xFFFF >= 1),
    document    INTEGER GENERATED ALWAYS AS (id >> 16) VIRTUAL NOT NULL REFERENCES documents (id),
    started_at  INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL CHECK (duration_ms >= 0),
    endpoint    TEXT NOT NULL,
    http        INTEGER,
    -- 'name: value' lines
    headers     TEXT,
    -- zstd with dictionary 1; cut at the bound if body_length says more
    body        BLOB,
    body_length INTEGER NOT NULL CHECK (body_length >= 0),
    verdict     TEXT NOT NULL,
    error       TEXT,
    -- the document's report state after this attempt
    state       TEXT NOT NULL CHECK (state IN
        ('Queued', 'Reported', 'ReportedWithWarnings', 'Cleared', 'Rejected', 'Held'))
) STRICT;

-- The outcomes worth counting and listing; plain 'Reported' costs nothing here.
CREATE INDEX attempts_notable ON attempts (state, id)
    WHERE state IN ('ReportedWithWarnings', 'Cleared', 'Rejected');

CREATE TRIGGER attempts_in_order BEFORE INSERT ON attempts
WHEN EXISTS (SELECT 1 FROM attempts WHERE id >= NEW.id AND id <= NEW.id | 0xFFFF)
  OR (NEW.id & 0xFFFF > 1 AND NOT EXISTS (SELECT 1 FROM attempts WHERE id = NEW.id - 1))
BEGIN SELECT RAISE(ABORT, 'attempts: the number is not one more than the last of its document'); END;

-- An answer of the authority is final.
CREATE TRIGGER attempts_not_after_the_end BEFORE INSERT ON attempts
WHEN EXISTS (SELECT 1 FROM attempts WHERE id = NEW.id - 1 AND NEW.id & 0xFFFF > 1
             AND state NOT IN ('Queued', 'Held'))
BEGIN SELECT RAISE(ABORT, 'attempts: the document already has its final state'); END;

-- The version that the authority cleared, which is what the buyer gets.
CREATE TABLE clearances (
    document INTEGER PRIMARY KEY REFERENCES documents (id),
    xml      BLOB NOT NULL
) STRICT;

CREATE TRIGGER idempotency_once BEFORE INSERT ON idempotency
WHEN EXISTS (SELECT 1 FROM idempotency WHERE slot = NEW.slot)
BEGIN SELECT RAISE(ABORT, 'idempotency: the key is taken'); END;
CREATE TRIGGER clearances_once BEFORE INSERT ON clearances
WHEN EXISTS (SELECT 1 FROM clearances WHERE document = NEW.document)
BEGIN SELECT RAISE(ABORT, 'clearances: the document is cleared already'); END;
CREATE TRIGGER facts_once BEFORE INSERT ON facts
WHEN EXISTS (SELECT 1 FROM facts WHERE name = NEW.name)
BEGIN SELECT RAISE(ABORT, 'facts: written once'); END;
CREATE TRIGGER dictionaries_once BEFORE INSERT ON dictionaries
WHEN EXISTS (SELECT 1 FROM dictionaries WHERE id = NEW.id)
BEGIN SELECT RAISE(ABORT, 'dictionaries: written once'); END;
CREATE TRIGGER chains_once BEFORE INSERT ON chains
WHEN EXISTS (SELECT 1 FROM chains WHERE id = NEW.id OR fingerprint = NEW.fingerprint)
BEGIN SELECT RAISE(ABORT, 'chains: written once'); END;
CREATE TRIGGER closures_once BEFORE INSERT ON closures
WHEN EXISTS (SELECT 1 FROM closures WHERE fingerprint = NEW.fingerprint)
BEGIN SELECT RAISE(ABORT, 'closures: written once'); END;

CREATE TRIGGER documents_fixed BEFORE UPDATE ON documents
BEGIN SELECT RAISE(ABORT, 'documents: issued documents are never changed'); END;
CREATE TRIGGER documents_kept BEFORE DELETE ON documents
BEGIN SELECT RAISE(ABORT, 'documents: issued documents are never deleted'); END;
CREATE TRIGGER idempotency_fixed BEFORE UPDATE ON idempotency
BEGIN SELECT RAISE(ABORT, 'idempotency: never changed'); END;
CREATE TRIGGER idempotency_kept BEFORE DELETE ON idempotency
BEGIN SELECT RAISE(ABORT, 'idempotency: never deleted'); END;
CREATE TRIGGER attempts_fixed BEFORE UPDATE ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts: never changed'); END;
CREATE TRIGGER attempts_kept BEFORE DELETE ON attempts
BEGIN SELECT RAISE(ABORT, 'attempts: never deleted'); END;
CREATE TRIGGER clearances_fixed BEFORE UPDATE ON clearances
BEGIN SELECT RAISE(ABORT, 'clearances: never changed'); END;
CREATE TRIGGER clearances_kept BEFORE DELETE ON clearances
BEGIN SELECT RAISE(ABORT, 'clearances: never deleted'); END;
CREATE TRIGGER facts_fixed BEFORE UPDATE ON facts
BEGIN SELECT RAISE(ABORT, 'facts: never changed'); END;
CREATE TRIGGER facts_kept BEFORE DELETE ON facts
BEGIN SELECT RAISE(ABORT, 'facts: never deleted'); END;
CREATE TRIGGER dictionaries_fixed BEFORE UPDATE ON dictionaries
BEGIN SELECT RAISE(ABORT, 'dictionaries: never changed'); END;
CREATE TRIGGER dictionaries_kept BEFORE DELETE ON dictionaries
BEGIN SELECT RAISE(ABORT, 'dictionaries: never deleted'); END;
CREATE TRIGGER chains_fixed BEFORE UPDATE ON chains
BEGIN SELECT RAISE(ABORT, 'chains: never changed'); END;
CREATE TRIGGER chains_kept BEFORE DELETE ON chains
BEGIN SELECT RAISE(ABORT, 'chains: never deleted'); END;
CREATE TRIGGER closures_fixed BEFORE UPDATE ON closures
BEGIN SELECT RAISE(ABORT, 'closures: never changed'); END;
CREATE TRIGGER closures_kept BEFORE DELETE ON closures
BEGIN SELECT RAISE(ABORT, 'closures: never deleted'); END;
