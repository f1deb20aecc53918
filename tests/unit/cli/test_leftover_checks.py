"""What XiVO's own integration may have left on a node of a cluster."""

from __future__ import annotations

from pathlib import Path

import pytest

from berofos_ra.cli.commands.leftover_checks import check_leftovers


def put(root: Path, name: str, text: str = "") -> Path:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def test_nothing_left_is_nothing_to_say(tmp_path: Path) -> None:
    put(tmp_path, "etc/cron.d/xivo-ha-slave", "#* * * * * root /usr/sbin/xivo-check-master-status 10.34.1.1\n")
    put(tmp_path, "etc/cron.d/xivo-ha-master", "0 * * * * root /usr/sbin/xivo-master-slave-db-replication\n")
    put(tmp_path, "usr/bin/xivo-berofos")
    (tmp_path / "usr/sbin").mkdir()
    (tmp_path / "usr/sbin/xivo-berofos").symlink_to("../bin/xivo-berofos")
    assert list(check_leftovers(tmp_path)) == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("etc/cron.d/xivo-ha-slave", "* * * * * root /usr/sbin/xivo-check-master-status 10.34.1.1"),
        ("etc/cron.d/berofos-cron-workaround", "* * * * * root /usr/local/sbin/berofos-workaround"),
        ("var/spool/cron/crontabs/root", "*/5 * * * * xivo-berofos master"),
    ],
)
def test_a_cron_job_that_moves_lines_is_named(name: str, line: str, tmp_path: Path) -> None:
    file = put(tmp_path, name, f"# by XiVO\n{line}\n")
    (finding,) = check_leftovers(tmp_path)
    assert finding.what.startswith(f"{file}: cron calls ")
    assert finding.counts


@pytest.mark.parametrize(
    "link", ["etc/rc2.d/S20asterisk", "etc/systemd/system/multi-user.target.wants/asterisk.service"]
)
def test_asterisk_that_is_started_at_boot_is_named(link: str, tmp_path: Path) -> None:
    put(tmp_path, link)
    (finding,) = check_leftovers(tmp_path)
    assert "asterisk is started at boot" in finding.what


def test_another_drop_in_is_named_with_the_one_that_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/usr/local/bin:/usr/bin")
    first, second = put(tmp_path, "usr/local/bin/xivo-berofos"), put(tmp_path, "usr/bin/xivo-berofos")
    (finding,) = check_leftovers(tmp_path)
    assert finding.what == f"xivo-berofos is there 2 times: {first}, {second}"


def test_a_path_that_cannot_be_looked_at_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"/{'n' * 300}:/usr/bin")
    assert list(check_leftovers(tmp_path)) == []
