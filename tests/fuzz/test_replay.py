"""A short fuzzing run that is always the same: the corpus, and some hundred inputs for each parser."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings

from tests.fuzz.targets import TARGETS, corpus, inputs

EXAMPLES = 400


@pytest.mark.parametrize(
    ("name", "file"), [(name, file) for name in TARGETS for file in corpus(name)], ids=lambda value: str(value)[-24:]
)
def test_corpus(name: str, file: Path) -> None:
    TARGETS[name](file.read_bytes())


@pytest.mark.parametrize("name", TARGETS)
def test_inputs(name: str) -> None:
    @settings(max_examples=EXAMPLES, derandomize=True, database=None)
    @given(inputs(name))
    def run(data: bytes) -> None:
        TARGETS[name](data)

    run()


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_has_a_corpus(name: str) -> None:
    assert corpus(name)
