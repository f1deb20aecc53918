"""Who had the lines, since when and why, as the cluster's logs tell it."""
