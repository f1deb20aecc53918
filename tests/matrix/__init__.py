"""The project on other Debians than this machine's: a root of each suite, and what is run in it."""
