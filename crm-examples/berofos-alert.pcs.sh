#!/bin/sh
# Being told of every switch, by Pacemaker's alerts: berofos-alert.crm with pcs. Beside any of the other examples, with
# berofos-alert.sh on every node.
# Run it once, on one node. Adapt first: the recipient, the resources (in the chain: "berofos-relay berofos-bypass"),
# and the devices, each of which is an attribute of the node that has its lines. Leave the last command out for one
# mail a switch.
set -eu

pcs alert create path=/usr/local/sbin/berofos-alert id=berofos-alert options resources="berofos-relay"
pcs alert recipient add berofos-alert value=root@localhost

# pcs has no command for this: which events are wanted.
cibadmin --modify --allow-create --scope alerts --xml-text '
    <alert id="berofos-alert" path="/usr/local/sbin/berofos-alert">
      <select>
        <select_resources/>
        <select_attributes>
          <attribute id="berofos-alert-fos1" name="berofos-fos1"/>
          <attribute id="berofos-alert-fos2" name="berofos-fos2"/>
          <attribute id="berofos-alert-ready" name="berofos-ready"/>
        </select_attributes>
      </select>
    </alert>'
