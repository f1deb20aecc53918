"""Chaos: a real cluster of the lab under random faults and commands, with invariants checked. `make chaos`."""
