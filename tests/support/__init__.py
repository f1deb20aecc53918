"""What several rooms of the tests use: one module a subject. Nothing here is a test. See tests/README.md."""
