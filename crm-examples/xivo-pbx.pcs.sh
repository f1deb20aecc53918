#!/bin/sh
# One XiVO in front of a PBX, four lines on one berofos in bypass (topology xivo-pbx): xivo-pbx.crm with pcs.
# Run it once, on one node. Adapt first: the node name, and the device, which /etc/bnfos.conf lists with its mac.
set -eu

# All at once, by way of a copy: step by step, the relays would first be switched to wherever the resource starts
# before it is told where to be.
cib=$(mktemp)
trap 'rm -f "$cib"' EXIT
pcs cluster cib "$cib"

# A cluster of one node: there is nobody to fence, and Pacemaker warns of it. The option is called fencing-enabled
# from Pacemaker 3.0.2 on, stonith-enabled before.
pcs -f "$cib" property set stonith-enabled=false

pcs -f "$cib" resource create asterisk ocf:heartbeat:asterisk

# The monitor looks at the device and kicks its watchdog: when that stops for watchdog_interval seconds (the node is
# dead or hangs, or Pacemaker does), the device itself gives the lines to the PBX. At least twice the interval of the
# monitor, so that one lost kick does nothing.
# The third monitor runs while the resource is stopped: it shows as berofos-ready whether it could start.
# failure-timeout: a start that failed (the device was off, say) is tried again after half a minute.
# critical=false: a failure of the relay never stops asterisk.
pcs -f "$cib" resource create berofos-relay ocf:xivo:berofos \
    devices=fos1 topology=xivo-pbx port_b_node=xivo-1 watchdog_interval=20 \
    op start timeout=60s stop timeout=30s \
    monitor interval=5s timeout=20s \
    monitor interval=60s timeout=20s OCF_CHECK_LEVEL=10 \
    monitor interval=30s timeout=20s role=Stopped \
    meta failure-timeout=30s critical=false

# The lines come to the XiVO only once asterisk runs there; before it is stopped they go to the PBX.
pcs -f "$cib" constraint colocation add berofos-relay with asterisk INFINITY id=berofos-relay-with-asterisk
pcs -f "$cib" constraint order asterisk then berofos-relay id=berofos-relay-after-asterisk

pcs cluster cib-push "$cib" --config
