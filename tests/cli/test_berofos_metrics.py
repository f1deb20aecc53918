"""``berofos metrics``: what Prometheus' own parser makes of it, and a textfile that is whole or not there."""

from __future__ import annotations

from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from berofos_ra.monitoring.series import ALL, PREFIX
from tests.cli.operator_site import OperatorSite


def parsed(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Each series' values by their labels."""
    found = {}
    for family in text_string_to_metric_families(text):
        assert family.type == "gauge"
        assert family.documentation
        assert not any(sample.timestamp for sample in family.samples)
        found[family.name] = {
            tuple(sample.labels[name] for name in sorted(sample.labels)): sample.value for sample in family.samples
        }
    return found


def test_prometheus_understands_it(two: OperatorSite) -> None:
    two.acts_cluster()
    two.fos1.set_settings({"mode": 1, "modedef": 1})
    two.fos2.power_off()
    done = two.berofos("metrics")
    assert (done.status, done.err) == (0, "")
    found = parsed(done.out)
    assert found.keys() <= {PREFIX + series.name for series in ALL}
    assert found["berofos_up"] == {("fos1",): 1, ("fos2",): 0}
    assert found["berofos_relay_mode"] == {("fos1",): 1}
    assert found["berofos_firmware_info"] == {("fos1", "1.53"): 1}
    assert found["berofos_active"] == {("xivo-1", "berofos-relay"): 1, ("xivo-2", "berofos-relay"): 0}
    assert found["berofos_standby_ready"] == {("xivo-2",): 1}
    assert found["berofos_last_run_timestamp_seconds"][()] > 1e9
    assert not two.tools.updates


def test_the_textfile_is_replaced_as_a_whole_for_all_to_read(site: OperatorSite, tmp_path: Path) -> None:
    file = tmp_path / "berofos.prom"
    file.write_text("of the last run\n")
    with file.open() as reader:  # node_exporter, in the middle of it
        done = site.berofos("metrics", "--textfile", str(file))
        assert (done.status, done.out, done.err) == (0, "", "")
        assert reader.read() == "of the last run\n"
    assert parsed(file.read_text())["berofos_up"] == {("fos1",): 1}
    assert file.stat().st_mode & 0o777 == 0o644
    assert list(tmp_path.iterdir()) == [file]


def test_a_textfile_that_cannot_be_written_is_told_in_a_line(site: OperatorSite, tmp_path: Path) -> None:
    done = site.berofos("metrics", "--textfile", str(tmp_path / "none" / "berofos.prom"))
    assert (done.status, done.out) == (1, "")
    assert str(tmp_path / "none") in done.err
    assert len(done.err.splitlines()) == 1


def test_without_prometheus_library_it_says_what_to_install(site: OperatorSite) -> None:
    site.folder.joinpath("prometheus_client.py").write_text("raise ImportError\n")
    site.environment["PYTHONPATH"] = f"{site.folder}:{site.environment['PYTHONPATH']}"
    done = site.berofos("metrics")
    assert (done.status, done.out) == (1, "")
    assert "python3-prometheus-client" in done.err
