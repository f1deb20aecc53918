"""Files that are replaced at once or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from berofos_ra.files import replace_file


def test_a_file_is_its_owner_s_unless_told_otherwise(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("old")
    replace_file(file, "n\u00e9w\n")
    assert file.read_bytes() == b"n\xc3\xa9w\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    replace_file(file, "", mode=0o640, owner=(12, 34))
    status = file.stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o640, 12, 34)


@pytest.mark.parametrize("failing", ["os.fchmod", "os.fsync", "pathlib.Path.replace"])
def test_what_can_t_be_replaced_stays_and_nothing_else_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    file = tmp_path / "file"
    file.write_text("old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken:
        broken.setattr(failing, full)
        with pytest.raises(OSError, match="No space"):
            replace_file(file, "new")
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]
