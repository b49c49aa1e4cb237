-- Writes tests/golden/formats/duckdb*: the oracle for Parquet, by a writer and a reader that share no code with ours.
-- Run from the repository root: duckdb < tests/formats/make_parquet_golden.sql (written by DuckDB 1.5)
-- The second file has data pages of version 2, with delta, byte-stream-split and run-length encodings.
SET timezone = 'UTC';
CREATE TABLE kinds AS SELECT
  (i - 50)::TINYINT AS i8,
  (i * 7919 % 60000 - 30000)::SMALLINT AS i16,
  (i * 41000003 - 2000000000)::INTEGER AS i32,
  i * 1000000000037 - 50000000000000 AS i64,
  (i * 41943011)::UINTEGER AS u32,
  CASE WHEN i % 3 = 0 THEN 18446744073709551615 - i ELSE i END::UBIGINT AS u64,
  (i / 8)::FLOAT AS f32,
  CASE WHEN i % 11 = 0 THEN NULL ELSE i / 7 END AS f64,
  (i * 37 % 10000 / 100)::DECIMAL(6, 2) AS price,
  (-(i * 3700001) % 1000000007 / 1000)::DECIMAL(18, 3) AS debt,
  (i * 370001 / 10000)::DECIMAL(30, 4) AS wide,
  i % 2 = 0 AS flag,
  CASE WHEN i % 5 = 0 THEN NULL ELSE i % 3 = 0 END AS maybe,
  CASE WHEN i % 4 = 0 THEN NULL ELSE 'w' || (i % 17) END AS word,
  CASE WHEN i % 3 = 0 THEN 'a' ELSE 'b' END::ENUM ('a', 'b') AS level,
  ('00000000-0000-4000-8000-' || lpad(i::VARCHAR, 12, '0'))::UUID AS id,
  NULL::DOUBLE AS nothing,
  DATE '1950-01-01' + (i * 513)::INTEGER AS day,
  TIMESTAMP '1969-12-31 23:59:59' + to_microseconds(i * 20003) AS micros,
  (TIMESTAMP '2000-01-01 00:00:00' + to_microseconds(i * 3600000000))::TIMESTAMP_S AS seconds,
  (TIMESTAMP '2000-01-01 00:00:00' + to_microseconds(i * 1000))::TIMESTAMP_MS AS millis,
  (TIMESTAMP '2000-01-01 00:00:00' + to_microseconds(i * 100))::TIMESTAMP_NS AS nanos,
  TIMESTAMPTZ '2000-01-01 00:00:00+05:30' + to_microseconds(i * 86400000123) AS zoned
FROM range(40) r(i);
COPY kinds TO 'tests/golden/formats/duckdb.csv' (HEADER);
COPY kinds TO 'tests/golden/formats/duckdb_1.parquet' (COMPRESSION snappy);
COPY kinds TO 'tests/golden/formats/duckdb_2.parquet'
  (PARQUET_VERSION v2, COMPRESSION zstd, DICTIONARY_SIZE_LIMIT 0);
COPY (SELECT i64, [i8, i16] AS list, {'a': [i8], 'b': word} AS struct, flag FROM kinds)
  TO 'tests/golden/formats/duckdb_nested.parquet' (COMPRESSION snappy);
