"""Data sets for the benchmarks: made by SQL in the database, the same rows on every machine."""
