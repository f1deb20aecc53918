"""The agent where it is found: in a checkout, installed, and where something that it needs is missing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.agent.site import AGENT, NOBODYS_AGENT, Site
from tests.support.checkout import copy_checkout
from tests.support.processes import PATH, run


def test_agent_runs_from_anywhere_in_a_checkout(site: Site) -> None:
    link = site.folder / "berofos"
    link.symlink_to(AGENT)
    node = site.node()
    node.command = (str(link),)
    node.start()
    assert site.fos1.relay == "A--B"
    elsewhere = run(["./berofos", "meta-data"], cwd=site.folder)
    assert (elsewhere.returncode, elsewhere.stderr) == (0, "")


def test_meta_data_needs_no_environment() -> None:
    done = run([AGENT, "meta-data"], environment={})
    assert (done.returncode, done.stderr) == (0, "")
    assert '<resource-agent name="berofos"' in done.stdout


def test_meta_data_needs_no_rights(folder: Path) -> None:
    logs = {name: str(folder / "agent.log") for name in ("HA_LOGFILE", "HA_DEBUGLOG")}
    done = run([*NOBODYS_AGENT, "meta-data"], environment={"PATH": PATH, **logs})
    assert (done.returncode, done.stderr) == (0, "")
    assert '<resource-agent name="berofos"' in done.stdout


def test_usage_names_the_actions() -> None:
    done = run([AGENT, "usage"])
    assert (done.returncode, done.stderr) == (0, "")
    assert "{start|stop|monitor|validate-all|reload-agent|meta-data}" in done.stdout


@pytest.mark.parametrize("action", ["start", "stop", "monitor", "meta-data"])
def test_missing_resource_agents_are_told(action: str, folder: Path) -> None:
    done = run([AGENT, action], environment={"PATH": PATH, "OCF_ROOT": str(folder)})
    assert (done.returncode, done.stdout) == (5, "")
    reason = "ocf-exit-reason:No module named 'ocf'; install resource-agents and python3-requests\n"
    assert done.stderr == reason


def test_library_that_does_not_fit_is_told_in_one_short_line(folder: Path) -> None:
    (folder / "ocf.py").write_text("raise ImportError('x' * 300)\n")
    done = run([AGENT, "monitor"], environment={"PATH": PATH, "OCF_FUNCTIONS_DIR": str(folder)})
    assert done.returncode == 5
    assert done.stderr == "ocf-exit-reason:" + "x" * 128 + "\n"


def hide(module: str, site: Site) -> dict[str, str]:
    """An environment in which a Python module can't be found."""
    (site.folder / f"{module}.py").write_text(f'raise ModuleNotFoundError("No module named {module!r}")\n')
    return {"PYTHONPATH": str(site.folder)}


def test_missing_requests_are_told_by_what_needs_them(site: Site) -> None:
    node = site.node()
    node.start()
    node.environment.update(hide("requests", site))
    reason = "No module named 'requests'; install python3-requests and python3-lxml"
    assert node.start(expected=5).reason == reason
    node.stop()
    node.probe(expected=7)


def test_missing_lxml_is_told_by_what_needs_it(site: Site) -> None:
    node = site.node()
    node.environment.update(hide("lxml", site))
    done = node.begin("meta-data").finish(5)
    assert done.reason == "No module named 'lxml'; install python3-requests and python3-lxml"
    node.start()
    node.monitor()


def test_installed_agent_finds_the_installed_library(site: Site) -> None:
    """Installed under a directory of its own, then looked at as if that were the root directory."""
    source, root = site.folder / "source", site.folder / "root"
    copy_checkout(source)
    made = run(["make", "install", f"DESTDIR={root}", "OCF_ROOT=/usr/lib/ocf"], cwd=source)
    assert made.returncode == 0, made.stdout + made.stderr
    shutil.rmtree(source)

    agent = root / "usr/lib/ocf/resource.d/xivo/berofos"
    assert agent.stat().st_mode & 0o777 == 0o755
    pages = {page.name for page in root.glob("usr/local/share/man/man?/*") if page.stat().st_mode & 0o777 == 0o644}
    assert (root / "usr/sbin/xivo-berofos").readlink() == Path("/usr/local/bin/xivo-berofos")
    assert pages == {"berofos.8", "bnfos.8", "bnfos.conf.5", "ocf_xivo_berofos.7", "xivo-berofos.8"}
    (library,) = root.glob("usr/local/lib/python3*/dist-packages")
    assert (library / "berofos_ra" / "py.typed").is_file()
    node = site.node()
    mount = 'mount --bind "$0" "$1" && shift && exec "$@"'
    node.command = (
        "unshare",
        "--mount",
        "sh",
        "-c",
        mount,
        str(library),
        f"/{library.relative_to(root)}",
        str(agent),
    )
    node.start()
    node.monitor()
    assert site.fos1.relay == "A--B"
