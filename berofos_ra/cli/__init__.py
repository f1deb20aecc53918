"""The commands ``berofos``, ``bnfos`` and ``xivo-berofos``: parsing and printing; the library does the work."""
