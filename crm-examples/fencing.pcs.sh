#!/bin/sh
# Two XiVOs in high availability with fencing, ISDN lines on two berofos: fencing.crm with pcs.
# Run it once, on one node. Adapt first: the node names, the virtual IP, the fence devices, and the berofos, which
# /etc/bnfos.conf lists on both nodes. Then have each node fenced once, by the other one.
set -eu

# All at once, by way of a copy: step by step, the relays would first be switched to wherever the resource starts
# before it is told where to be.
cib=$(mktemp)
trap 'rm -f "$cib"' EXIT
pcs cluster cib "$cib"

# A node that isn't seen any more is shot before the other one takes over. The node that has the lines shoots first:
# the other one waits 5 s, longer than a fence device takes. The option is called fencing-enabled from Pacemaker 3.0.2
# on, stonith-enabled before.
pcs -f "$cib" property set stonith-enabled=true priority-fencing-delay=5s

# A healthy node keeps what it runs when the other one comes back: moving the lines drops calls.
pcs -f "$cib" resource defaults update resource-stickiness=1000

# A fence device for each node, which runs on another one. If one can't shoot (no power, no network) nobody takes over
# until somebody says that the node is off: stonith_admin with confirm.
# The second level is tried when the first one fails.
pcs -f "$cib" stonith create fence-xivo-1 fence_ipmilan \
    ip=10.34.1.201 username=ha password_script=/root/bmc-password pcmk_host_list=xivo-1 \
    op monitor interval=60s timeout=60s
pcs -f "$cib" constraint location fence-xivo-1 avoids xivo-1
pcs -f "$cib" stonith create fence-xivo-2 fence_ipmilan \
    ip=10.34.1.202 username=ha password_script=/root/bmc-password pcmk_host_list=xivo-2 \
    op monitor interval=60s timeout=60s
pcs -f "$cib" constraint location fence-xivo-2 avoids xivo-2
pcs -f "$cib" stonith create fence-xivo-1-level-2 fence_apc \
    ip=10.34.1.9 username=ha password_script=/root/pdu-password plug=1 pcmk_host_list=xivo-1 \
    op monitor interval=60s timeout=60s
pcs -f "$cib" constraint location fence-xivo-1-level-2 avoids xivo-1
pcs -f "$cib" stonith create fence-xivo-2-level-2 fence_apc \
    ip=10.34.1.9 username=ha password_script=/root/pdu-password plug=2 pcmk_host_list=xivo-2 \
    op monitor interval=60s timeout=60s
pcs -f "$cib" constraint location fence-xivo-2-level-2 avoids xivo-2
pcs -f "$cib" stonith level add 1 xivo-1 fence-xivo-1
pcs -f "$cib" stonith level add 2 xivo-1 fence-xivo-1-level-2
pcs -f "$cib" stonith level add 1 xivo-2 fence-xivo-2
pcs -f "$cib" stonith level add 2 xivo-2 fence-xivo-2-level-2

pcs -f "$cib" resource create virtual-ip ocf:heartbeat:IPaddr2 ip=10.34.1.100 cidr_netmask=24 nic=eth0 --group xivo
pcs -f "$cib" resource create asterisk ocf:heartbeat:asterisk --group xivo
pcs -f "$cib" resource meta xivo priority=10

# The two monitors on the active node look at the relays, and once a minute at the devices' settings as well. The
# third one runs on the standby: it checks that the standby could take over, and shows it as berofos-ready.
# failure-timeout: a start that failed (a device was off, say) is tried again after half a minute.
# critical=false: a failure of the relays never makes asterisk move.
pcs -f "$cib" resource create berofos-relay ocf:xivo:berofos \
    devices="fos1 fos2" topology=two-xivo port_b_node=xivo-1 port_d_node=xivo-2 \
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
