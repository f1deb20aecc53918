"""Complete cluster configurations."""
