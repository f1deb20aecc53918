"""What the commands share."""

from __future__ import annotations

import io
import sys

import pytest

from berofos_ra.cli.common import is_meant


@pytest.mark.parametrize(("typed", "meant"), [(b"Yes\n", True), (b"no\n", False), (b"", False), (b"\xe9\n", False)])
def test_only_a_clear_answer_is_one(typed: bytes, meant: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(typed), encoding="utf-8"))
    question = io.StringIO()
    assert is_meant("Sure? ", stream=question) == meant
    assert question.getvalue() == "Sure? "
