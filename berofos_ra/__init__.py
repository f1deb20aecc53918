"""Native control of berofos ISDN failover switches, and the OCF resource agent built on it."""

__version__ = "0.1.0"
