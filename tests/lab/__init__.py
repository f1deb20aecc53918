"""A real Pacemaker cluster with simulated devices, on one machine, for tests and to play with. See README.md."""
