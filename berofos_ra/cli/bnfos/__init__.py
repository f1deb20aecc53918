"""The drop-in for the vendor's ``bnfos``."""
