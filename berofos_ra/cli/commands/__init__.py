"""The commands of ``berofos``, a module each."""
