"""The commands: berofos, and later its drop-ins. Parsing and printing only; the library does the work."""
