#!/bin/sh
# Tells a person of every switch: an alert agent for Pacemaker, which runs it (as user hacluster) at each event.
# One mail each, by sendmail, which the node must have (Debian: any mail transport agent). For another way of
# telling, change tell().
#
# Put it on every node:  install -m 755 berofos-alert.sh /usr/local/sbin/berofos-alert
# and configure it:      berofos-alert.crm with crmsh, or berofos-alert.pcs.sh
set -eu

# Which resources to tell of, and where to keep what was told last: attributes of the alert in the cluster's
# configuration.
: "${resources:=berofos-relay}"
: "${told:=/var/lib/pacemaker/berofos-alert}"

# In one line: a value may have been set by anybody who may set attributes, and must not become a mail's header.
one_line() {
    printf '%s' "$1" | tr '[:cntrl:]' ' '
}

tell() {
    subject=$(one_line "$1")
    # env: all that Pacemaker says of the event. It holds no password.
    {
        printf 'To: %s\nSubject: %s\n\n%s\n\n' "$(one_line "$CRM_alert_recipient")" "$subject" "$subject"
        env | grep '^CRM_alert_' | sort
    } | sendmail -t
}

# Of an action, by its exit status: the words in CRM_alert_desc are other ones with each Pacemaker.
result() {
    case $CRM_alert_rc:$CRM_alert_status in
    *:2) echo "timed out" ;;
    0:*) echo "ok" ;;
    7:*) echo "not running" ;;
    190:*) echo "degraded" ;;
    *) echo "failed, exit status $CRM_alert_rc" ;;
    esac
}

ours() {
    case " $resources " in *" $CRM_alert_rsc "*) true ;; *) false ;; esac
}

# What a node attribute says while all is well.
well() {
    case $1 in A--B | A--D | "A--B C--D" | "A--B C--D (watchdog on)" | yes | clear) true ;; *) false ;; esac
}

# What the attribute was when last heard of on this node; a file each, on which nothing depends but the mails.
last() { cat "$told/$CRM_alert_node.$CRM_alert_attribute_name" 2>/dev/null || true; }
remember() {
    { mkdir -p "$told" && printf %s "$CRM_alert_attribute_value" >"$told/$CRM_alert_node.$CRM_alert_attribute_name"; } \
        2>/dev/null || true
}

[ -n "${CRM_alert_recipient:-}" ] || exit 0

case $CRM_alert_kind in
resource)
    ours || exit 0
    # A monitor is told of when its result is another one than before; the first good one is no news after a start.
    case $CRM_alert_task:$CRM_alert_rc:$CRM_alert_status in
    *:1) ;; # cancelled
    start:0:*) tell "$CRM_alert_rsc started on $CRM_alert_node: the ISDN lines are there now" ;;
    stop:0:*) tell "$CRM_alert_rsc stopped on $CRM_alert_node" ;;
    monitor:"$CRM_alert_target_rc":*) ;;
    *) tell "$CRM_alert_rsc: $CRM_alert_task on $CRM_alert_node: $(result)" ;;
    esac
    ;;
attribute)
    # berofos-fos1 is A--D, or unreachable; berofos-ready is no: and why. Empty: no longer on this node.
    case $CRM_alert_attribute_name:$CRM_alert_attribute_value in
    berofos-*:?*) ;;
    *) exit 0 ;;
    esac
    # What is well is told only where it wasn't before: of a switch the resource's start tells already, in one mail.
    before=$(last)
    remember
    [ "$before" != "$CRM_alert_attribute_value" ] || exit 0
    if well "$CRM_alert_attribute_value" && { [ -z "$before" ] || well "$before"; }; then exit 0; fi
    tell "$CRM_alert_node: $CRM_alert_attribute_name is $CRM_alert_attribute_value"
    ;;
esac
