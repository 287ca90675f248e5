"""Benchmarks: the product beside what one would write by hand, and beside a peer. See docs/benchmarks.md."""
