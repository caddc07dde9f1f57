"""Peers side by side: `python -m benchmarks.NAME [--quick]`; the last line printed is JSON."""
