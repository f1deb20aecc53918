"""``berofos metrics``: the site's state for Prometheus, by way of node_exporter's textfile collector."""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from berofos_ra.cli.common import add_timeout_option, complain, say
from berofos_ra.errors import BerofosError
from berofos_ra.files import replace_file

SUMMARY = "tell Prometheus how devices and cluster are, by node_exporter's textfile collector"
EXAMPLE = """\
  berofos metrics
  berofos metrics --textfile /var/lib/prometheus/node-exporter/berofos.prom

berofos-metrics.timer does the latter each half minute, once told: systemctl enable --now berofos-metrics.timer
Each device is asked once, and nothing is changed. A device or cluster that doesn't answer is a value, and no failure.
exit status: 0 told, 1 not told: the config file or the textfile can't be used
"""

_TOOL_TIMEOUT = 5.0  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--textfile", metavar="FILE", help="write there, at once and readable by all, in place of standard output"
    )
    add_timeout_option(parser)


def run(args: argparse.Namespace) -> int:
    """Look, and tell."""
    try:
        from prometheus_client import CollectorRegistry, Gauge, generate_latest
    except ImportError:
        complain("prometheus_client isn't installed; apt install python3-prometheus-client")
        return 1
    from berofos_ra.monitoring.look import look
    from berofos_ra.monitoring.series import PREFIX, by_series, samples

    site = look(args.config, args.timeout, _TOOL_TIMEOUT)
    registry = CollectorRegistry()
    for series, found in by_series(samples(site, time.time())).items():
        gauge = Gauge(PREFIX + series.name, series.meaning, series.labels, registry=registry)
        for sample in found:
            (gauge.labels(*sample.labels) if sample.labels else gauge).set(sample.value)
    text = generate_latest(registry).decode()
    if args.textfile is None:
        say(text.rstrip("\n"))
        return 0
    try:
        replace_file(Path(args.textfile), text, 0o644)
    except OSError as error:
        raise BerofosError(
            f"{args.textfile}: {error.strerror}", "is its directory there, with prometheus-node-exporter installed?"
        ) from None
    return 0
