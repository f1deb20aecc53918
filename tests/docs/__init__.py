"""The documentation's own commands: found in its pages, and run in a lab. See docs/testing.md."""
