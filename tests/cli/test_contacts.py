"""Press contacts on the command line: a file in, a file out, a list."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run


def test_a_file_is_imported_listed_and_taken_out_again(run: Run, founded: str, tmp_path: Path) -> None:
    file = tmp_path / "press.csv"
    file.write_text("Vem;Var;Mejl\nBo Berg;Länsbladet;bo@x.example\nIngen;;\n", "utf-8")
    workspace = ("--workspace", founded)
    shown = run("contacts", "import", *workspace, str(file), "--dry-run")
    assert shown.exit_code == 0
    assert "3  Mejl  →  address" in shown.stderr
    assert run("contacts", "list", *workspace).stdout.count("bo@x.example") == 0
    taken = run("contacts", "import", *workspace, str(file), "--column", "name=1", "--column", "outlet=2")
    assert taken.exit_code == 1
    assert taken.stdout.startswith("3  ")
    assert "1 new" in taken.stderr or "1 nya" in taken.stderr
    again = run("contacts", "import", *workspace, str(file), "--column", "outlet=2")
    assert "0 new" in again.stderr or "0 nya" in again.stderr
    listed = run("contacts", "list", *workspace, "--search", "berg").stdout
    assert "Bo Berg" in listed
    assert "Länsbladet" in listed
    out = tmp_path / "ut.xlsx"
    assert run("contacts", "export", *workspace, str(out)).exit_code == 0
    assert run("contacts", "import", *workspace, str(out)).exit_code == 0
    assert run("contacts", "export", *workspace, str(tmp_path / "ut.pdf")).exit_code == 1
    assert run("contacts", "import", *workspace, str(file), "--column", "name").exit_code == 2
