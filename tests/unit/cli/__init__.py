"""The commands, without a process."""
