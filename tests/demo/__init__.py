"""`make demo`: a node of a real cluster dies, and the lines follow. For people; told in steps, with pictures."""
