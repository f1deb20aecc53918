#!/bin/sh
# UNPROTECTED: when the nodes lose sight of each other both run asterisk and the virtual IP, and the lines move.
# Give each node a fence device (option fencing); where a third machine is at hand, its vote (quorum-device).
# Two XiVOs in high availability, up to twelve ISDN lines on three berofos: multiple-berofos.crm with pcs.
# Run it once, on one node. Adapt first: the node names, the virtual IP, and the devices, which /etc/bnfos.conf lists
# on both nodes.
set -eu

# All at once, by way of a copy: step by step, the relays would first be switched to wherever the resource starts
# before it is told where to be.
cib=$(mktemp)
trap 'rm -f "$cib"' EXIT
pcs cluster cib "$cib"

# Two nodes without fencing, the common small site. With fencing, drop this line; without, Pacemaker warns of it. The
# option is called fencing-enabled from Pacemaker 3.0.2 on, stonith-enabled before.
pcs -f "$cib" property set stonith-enabled=false

# A healthy node keeps what it runs when the other one comes back: moving the lines drops calls.
pcs -f "$cib" resource defaults update resource-stickiness=1000

pcs -f "$cib" resource create virtual-ip ocf:heartbeat:IPaddr2 ip=10.34.1.100 cidr_netmask=24 nic=eth0 --group xivo
pcs -f "$cib" resource create asterisk ocf:heartbeat:asterisk --group xivo

# The two monitors on the active node look at the relays, and once a minute at the devices' settings as well. The
# third one runs on the standby: it checks that the standby could take over, and shows it as berofos-ready.
# failure-timeout: a start that failed (a device was off, say) is tried again after half a minute.
# critical=false: a failure of the relays never makes asterisk move.
pcs -f "$cib" resource create berofos-relay ocf:xivo:berofos \
    devices="fos1 fos2 fos3" topology=two-xivo port_b_node=xivo-1 port_d_node=xivo-2 \
    op start timeout=60s stop timeout=30s \
    monitor interval=10s timeout=20s \
    monitor interval=60s timeout=20s OCF_CHECK_LEVEL=10 \
    monitor interval=30s timeout=20s role=Stopped \
    meta failure-timeout=30s critical=false

# The lines go where asterisk is, and only once it runs there. The order names asterisk, not its group: otherwise a
# refresh of the resources would restart the relay.
pcs -f "$cib" constraint colocation add berofos-relay with xivo INFINITY id=berofos-relay-with-xivo
pcs -f "$cib" constraint order asterisk then berofos-relay id=berofos-relay-after-asterisk

# A standby that could switch the devices is preferred to one that couldn't. A negative score for these would keep
# asterisk off the last node left. The active node's stickiness outweighs this: what runs isn't moved for it.
pcs -f "$cib" constraint location xivo rule id=xivo-where-berofos-ready \
    score=500 not_defined berofos-ready or berofos-ready eq yes

pcs cluster cib-push "$cib" --config
