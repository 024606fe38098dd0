from __future__ import annotations

from pathlib import Path

import pytest

from licensedesk.core.errors import SurroundingsError
from licensedesk.core.exchange.export_table import export_table


def test_a_table_is_written_with_headings_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "ranges.csv"
    assert export_table(path, ["Range", "Held"], [["a.example.com", 100], ['with "quotes", comma', -7]]) == 2
    assert path.read_bytes() == (
        b'\xef\xbb\xbfRange,Held\r\na.example.com,100\r\n"with ""quotes"", comma",-7\r\n'
    )


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "'quoted"])
def test_text_that_a_spreadsheet_would_run_is_quoted(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ranges.csv"
    export_table(path, ["Name"], [[text]])
    assert path.read_text(encoding="utf-8-sig").splitlines()[1] == f"'{text}"


def test_invisible_characters_are_made_visible(tmp_path: Path) -> None:
    path = tmp_path / "ranges.csv"
    export_table(path, ["Name"], [["evil\u202etxt.exe"]])
    assert "\u202e" not in path.read_text(encoding="utf-8-sig")


def test_a_file_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SurroundingsError) as fault:
        export_table(tmp_path / "gone" / "ranges.csv", ["Name"], [])
    assert fault.value.code == "unwritable"
    assert list(tmp_path.iterdir()) == []
