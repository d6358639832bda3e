"""Static files in memory: which are served, and by what path."""

from pathlib import Path

import pytest

from bot.runtime.http import assets


def test_files_are_known_by_their_path_whatever_the_depth(tmp_path: Path) -> None:
    for name in ("page.html", "inbox/row.js", "inbox/parts/mark.css"):
        path = tmp_path / "desk" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    # Neither what is no page's file, nor what lies beside the folder.
    (tmp_path / "desk" / "inbox" / "notes.md").write_text("ours")
    (tmp_path / "desk" / "scripts.js").mkdir()
    (tmp_path / "beside.js").write_text("theirs")
    files = assets.load(tmp_path / "desk")
    assert set(files) == {"page.html", "inbox/row.js", "inbox/parts/mark.css"}
    assert files["inbox/row.js"].body == b"inbox/row.js"
    assert files["inbox/row.js"].content_type.startswith("text/javascript")


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NotADirectoryError, match="desk"):
        assets.load(tmp_path / "desk")
