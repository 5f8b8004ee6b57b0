-- From version 1 to version 2: documents that replace a rejected one, what was
-- paid for each line, foreign currencies, and returns. The new columns stand
-- behind `xml` and are NULL on a plain sale, where they cost a byte each and no page.

-- The rejected document that this one replaces (signing.md section 8). It keeps
-- the number, and if it is simplified also the moment of issue, so that it may
-- stand behind documents that are younger. It takes no number of its own:
-- `serial` repeats the counter as it stands, so the serials of a chain never
-- fall, and the first document of a chain that has a serial is the one whose
-- number it is, unless that first one is a correction (lookup.rs).
ALTER TABLE documents ADD COLUMN corrects INTEGER REFERENCES documents (id);

-- What was paid for each line after the document's discounts and charges: a
-- byte for the basis (0 VAT included, 1 without VAT), then one LEB128 number of
-- halalas for each line. Basis 1 alone: each line's net amount. NULL: VAT
-- included, and each line's gross less its share of what the lines together are
-- above the document's total, shared out by gross (paid.rs); so it is for every
-- document of version 1.
ALTER TABLE documents ADD COLUMN paid BLOB CHECK (length(paid) > 0);

-- ISO 4217 code of the document's amounts; NULL for riyals.
ALTER TABLE documents ADD COLUMN currency TEXT CHECK (length(currency) = 3 AND currency <> 'SAR');

-- Corrections are rare, so this index is small and no other sale touches it.
CREATE UNIQUE INDEX documents_corrects ON documents (corrects) WHERE corrects IS NOT NULL;

-- As before, but for a correction that keeps the moment of what it replaces:
-- it may be older than the document before it, and it does not count for the next.
DROP TRIGGER documents_in_time;
CREATE TRIGGER documents_in_time BEFORE INSERT ON documents
WHEN EXISTS (SELECT 1 FROM documents WHERE id = NEW.id - 1 AND serial > NEW.serial)
  OR ((NEW.corrects IS NULL OR NEW.issued IS NOT (SELECT issued FROM documents WHERE id = NEW.corrects))
      AND NEW.issued < (
        SELECT issued FROM documents AS earlier
        WHERE id BETWEEN (NEW.id >> 32) << 32 AND NEW.id - 1
          AND (corrects IS NULL OR issued <> (SELECT issued FROM documents WHERE id = earlier.corrects))
        ORDER BY id DESC LIMIT 1))
BEGIN SELECT RAISE(ABORT, 'documents: issued before the document it follows'); END;

-- One successor at most, of a rejected document of the same number, type code
-- and subtype; a simplified one keeps the moment that the customer's paper shows.
CREATE TRIGGER documents_correcting BEFORE INSERT ON documents
WHEN NEW.corrects IS NOT NULL AND (
    NOT EXISTS (
        SELECT 1 FROM documents AS rejected
        WHERE id = NEW.corrects AND number = NEW.number AND kind / 100000 = NEW.kind / 100000
          AND (NEW.kind / 100000 % 100 <> 2 OR issued = NEW.issued))
    OR (SELECT state FROM attempts
        WHERE id BETWEEN NEW.corrects << 16 AND (NEW.corrects << 16) | 0xFFFF
        ORDER BY id DESC LIMIT 1) IS NOT 'Rejected'
    OR EXISTS (SELECT 1 FROM documents WHERE corrects = NEW.corrects))
BEGIN SELECT RAISE(ABORT, 'documents: only a rejected document is replaced, once, by one of its number'); END;

-- What credit notes took back, line by line, written with the note. A note that
-- was itself replaced does not count any more: its successor has rows of its own.
CREATE TABLE returns (
    original  INTEGER NOT NULL REFERENCES documents (id),
    -- 1, 2, 3... within the original, in the order of its returns
    entry     INTEGER NOT NULL CHECK (entry >= 1),
    -- line of the original, from 1
    line      INTEGER NOT NULL CHECK (line >= 1),
    note      INTEGER NOT NULL REFERENCES documents (id),
    note_line INTEGER NOT NULL CHECK (note_line >= 1),
    -- thousandths of the unit; NULL if money was given back and no goods taken
    quantity  INTEGER CHECK (quantity > 0),
    -- halalas, on the basis of the original's `paid`
    refund    INTEGER NOT NULL CHECK (refund >= 0),
    PRIMARY KEY (original, entry)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX returns_note ON returns (note, note_line);

CREATE TRIGGER returns_in_order BEFORE INSERT ON returns
WHEN NEW.entry <> 1 + coalesce((SELECT max(entry) FROM returns WHERE original = NEW.original), 0)
  OR EXISTS (SELECT 1 FROM returns WHERE note = NEW.note AND note_line = NEW.note_line)
BEGIN SELECT RAISE(ABORT, 'returns: the entry is not one more than the last of its original'); END;

CREATE TRIGGER returns_with_their_note BEFORE INSERT ON returns
WHEN (SELECT kind / 10000000 FROM documents WHERE id = NEW.note) IS NOT 381
  OR EXISTS (SELECT 1 FROM documents WHERE id = NEW.note + 1)
BEGIN SELECT RAISE(ABORT, 'returns: written with their credit note or never'); END;

-- A rejected document is replaced, not credited.
CREATE TRIGGER returns_of_what_was_sold BEFORE INSERT ON returns
WHEN NOT EXISTS (SELECT 1 FROM documents WHERE id = NEW.original AND kind / 10000000 <> 381)
  OR (SELECT state FROM attempts
      WHERE id BETWEEN NEW.original << 16 AND (NEW.original << 16) | 0xFFFF
      ORDER BY id DESC LIMIT 1) IS 'Rejected'
BEGIN SELECT RAISE(ABORT, 'returns: the original is a credit note, rejected or not here'); END;

CREATE TRIGGER returns_fixed BEFORE UPDATE ON returns
BEGIN SELECT RAISE(ABORT, 'returns: never changed'); END;
CREATE TRIGGER returns_kept BEFORE DELETE ON returns
BEGIN SELECT RAISE(ABORT, 'returns: never deleted'); END;
