"""What ``berofos drill`` is made of: its checks, its waiting for a moment without calls, and one move."""
