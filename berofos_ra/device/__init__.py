"""One berofos: what it speaks, what it shows, what it is told; and many of them side by side."""
