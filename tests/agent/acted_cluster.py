"""What Pacemaker says of resources and their monitors: acted, by the stand-ins for its tools."""

from __future__ import annotations

from collections.abc import Iterable

from tests.agent.site import Node, Site

AGENT = "ocf:xivo:berofos"


def resource(
    name: str = "lines", *nodes: str, managed: bool = True, target_role: str = "", orphaned: bool = False
) -> str:
    """A resource as ``crm_mon`` shows it, active on these nodes."""
    role = f' target_role="{target_role}"' if target_role else ""
    shown = "".join(f'<node name="{node}" id="1" cached="false"/>' for node in nodes)
    flags = f'managed="{str(managed).lower()}" orphaned="{str(orphaned).lower()}"'
    return f'<resource id="{name}" resource_agent="{AGENT}" {flags}{role}>{shown}</resource>'


def shows(node: Node, *resources: str, remote: Iterable[str] = ()) -> None:
    """What ``crm_mon`` shows on this node: resources (see `resource`) in the configuration's order."""
    nodes = "".join(f'<node name="{name}" type="remote"/>' for name in remote)
    xml = f"<pacemaker-result><nodes>{nodes}</nodes><resources>{''.join(resources)}</resources></pacemaker-result>"
    node.tools.put("crm_mon", f"cat <<'END'\n{xml}\nEND")


def gives_parameters(node: Node, **of_resource: dict[str, str]) -> None:
    """What ``crm_resource --get-parameter`` says of each resource's parameters."""
    cases = "".join(
        f"{name}/{parameter}) echo '{value}' ;;\n"
        for name, parameters in of_resource.items()
        for parameter, value in parameters.items()
    )
    node.tools.put("crm_resource", f'case "$2/$4" in\n{cases}*) exit 6 ;;\nesac')


def schedules_monitors(node: Node, *seconds: float, resource: str = "lines") -> None:
    """The monitors that Pacemaker is to begin once the resource has started, as its scheduler computes them."""
    keys = [f"{resource}_start_0", *(f"{resource}_monitor_{int(each * 1000)}" for each in seconds)]
    graph = "".join(f'<rsc_op operation_key="{key}"/>' for key in keys)
    node.tools.put("crm_simulate", f"echo '<transition_graph>{graph}</transition_graph>' > \"$5\"")
    monitors = "".join(f'<op name="monitor" interval="{each:g}s"/>' for each in seconds)
    xml = f'<primitive id="{resource}"><operations>{monitors}</operations></primitive>'
    node.tools.put("crm_resource", f"echo 'xml:'; echo '{xml}'")


def tells_of_nodes(
    node: Node, *, peer: str = "", expected: str = "member", peer_runs: bool = False, attributes: Iterable[str] = ()
) -> None:
    """What the CIB's status says: of another node, whether it left and whether "lines" runs there; our attributes."""
    operation, code = ("start", 0) if peer_runs else ("monitor", 7)
    last = f'<lrm_rsc_op id="lines_last_0" operation="{operation}" rc-code="{code}"/>'
    pairs = "".join(f'<nvpair name="{name}" value="x"/>' for name in attributes)
    own = f"<transient_attributes><instance_attributes>{pairs}</instance_attributes></transient_attributes>"
    states = [f'<node_state uname="{node.name}" join="member" expected="member">{own}</node_state>']
    if peer:
        states.append(
            f'<node_state uname="{peer}" join="{expected}" expected="{expected}"><lrm>{last}</lrm></node_state>'
        )
    node.tools.put("cibadmin", f"cat <<'END'\n<status>{''.join(states)}</status>\nEND")


def recovers(node: Node, site: Site) -> None:
    """The device forgets what it was told; Pacemaker's monitor finds that, and recovery stops."""
    for device in site:
        device.set_settings({"mode": 0, "modedef": 0})
    node.monitor(expected=1)
    node.stop()
