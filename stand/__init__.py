"""The bench stand: the far end of every wire, for demo, tests and benchmarks."""
