"""Packaging of berofos-ra: the library and its commands. The agent itself is put in place by `make install`."""

import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
INIT = (HERE / "berofos_ra/__init__.py").read_text(encoding="utf-8")

setup(
    name="berofos-ra",
    version=re.findall(r'__version__ = "(.+)"', INIT)[0],
    description="OCF resource agent and tools for berofos ISDN failover switches",
    long_description=(HERE / "README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="GPL-3.0-or-later",
    python_requires=">=3.11",
    packages=find_packages(include=["berofos_ra", "berofos_ra.*"]),
    package_data={"berofos_ra": ["py.typed"]},
    install_requires=["requests>=2.28", "lxml>=4.9", "rich>=13", "ifaddr>=0.1.7"],
    entry_points={
        "console_scripts": [
            "berofos = berofos_ra.cli.berofos:main",
            "bnfos = berofos_ra.cli.bnfos.main:main",
            "xivo-berofos = berofos_ra.cli.xivo_berofos:main",
        ]
    },
)
