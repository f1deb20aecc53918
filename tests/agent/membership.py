"""What corosync and Pacemaker say of who is a member of the cluster: acted, by the stand-ins for their tools."""

from __future__ import annotations

from collections.abc import Collection

from tests.agent.site import B, D, Node


def in_membership(
    node: Node, ring: str, *members: str, joined: Collection[str] | None = None, last_on_d: str = ""
) -> None:
    """What the tools say; ``joined``: whom Pacemaker has taken in, by default all members.

    ``last_on_d``: the resource's last action on xivo-2.
    """
    node.tools.put("crm_node", f'[ "$*" = -p ] && echo "{" ".join(members)}"')
    lines = ["Quorum information", f"Ring ID:          {ring}", "    Nodeid      Votes Name"]
    lines += [f"         {number}          1 {name}" for number, name in enumerate(members, start=1)]
    node.tools.put("corosync-quorumtool", "".join(f"echo '{line}';" for line in lines))
    last = f'<lrm_rsc_op id="lines_last_0" operation="{last_on_d}" rc-code="0"/>'
    states = "".join(
        f'<node_state uname="{name}" join="{"member" if name in (joined or members) else "down"}">'
        f"{last if name == D and last_on_d else ''}</node_state>"
        for name in (B, D)
    )
    node.tools.put("cibadmin", f"""[ "$3" = status ] && echo '<status>{states}</status>'""")
