/** The tables of the file: jobs with their data and events, uploads, and models. */

/** Creates the tables that do not exist. */
export const SCHEMA = `
CREATE TABLE IF NOT EXISTS blobs (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS blob_pieces (
  digest TEXT NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (digest, number)
) STRICT;
CREATE TABLE IF NOT EXISTS jobs (
  number INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, model TEXT NOT NULL, owner TEXT NOT NULL,
  spec TEXT NOT NULL, fingerprint TEXT NOT NULL,
  state TEXT NOT NULL,
  due INTEGER NOT NULL,                -- queued: when it may be claimed; running: when the lease ends
  attempt INTEGER NOT NULL DEFAULT 0,
  stalled INTEGER NOT NULL DEFAULT 0,  -- claims since the last checkpoint
  sealed INTEGER NOT NULL DEFAULT 0,
  input TEXT, checkpoint TEXT, output TEXT,  -- digests
  created INTEGER NOT NULL, started INTEGER, finished INTEGER,
  progress TEXT, result TEXT, error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due) WHERE state IN ('queued', 'running');
CREATE INDEX IF NOT EXISTS jobs_finished ON jobs (finished);
CREATE TABLE IF NOT EXISTS events (
  job TEXT NOT NULL, number INTEGER NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL,
  PRIMARY KEY (job, number)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS totals (
  kind TEXT NOT NULL, state TEXT NOT NULL, count INTEGER NOT NULL, seconds REAL NOT NULL,
  PRIMARY KEY (kind, state)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS uploads (
  owner TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, bytes INTEGER NOT NULL,
  created INTEGER NOT NULL, PRIMARY KEY (owner, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS model_files (digest TEXT PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS model_index (
  one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL, value TEXT NOT NULL
) STRICT;
`;

/** Tables checked when the file is opened; the bytes in the others are checked against their digests when read. */
export const CHECKED_TABLES = ["jobs", "events", "totals", "uploads", "model_index"] as const;

/**
 * Raised when the tables change, so that a file of a later version is refused rather than misread. Files of format 1
 * have no pieces of blobs.
 */
export const FORMAT = 2;

/** Left by a process that died before it named them. */
export const SWEEP_PIECES =
  "DELETE FROM blob_pieces WHERE digest NOT IN (SELECT digest FROM blobs)";
