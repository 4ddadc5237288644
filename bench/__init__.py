"""Benchmarks: the peer and ours in one run."""
