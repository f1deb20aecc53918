"""The OCF resource agent ocf:xivo:berofos: thin glue between Pacemaker and the library."""
