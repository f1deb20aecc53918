"""What is wired where, and its drawing."""
