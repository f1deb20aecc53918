"""How fast the agent is, side by side with what else one could use. See docs/speed.md for the outcome."""
