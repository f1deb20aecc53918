"""The file ``/etc/bnfos.conf``: addresses and logins of the devices."""
