"""Cards from the command line."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from commsched.cli.main import main
from tests import writing
from tests.cli.conftest import Run


def test_the_designs_are_listed_with_their_fields(run: Run) -> None:
    told = run("card", "list").stdout
    assert "quote* person role portrait@" in " ".join(told.split())


@pytest.mark.parametrize(("name", "kind"), [("ut.png", "PNG"), ("ut.jpg", "JPEG")])
def test_a_card_is_drawn_in_the_asked_size_and_format(
    run: Run, founded: str, tmp_path: Path, name: str, kind: str
) -> None:
    out = tmp_path / name
    done = run("card", "draw", "--design", "headline", "--size", "1080x1350", "--set", "headline=Fler turer", str(out))
    assert done.exit_code == 0, done.output
    assert done.stdout.strip() == "Bild med texten: Fler turer."
    with Image.open(out) as image:
        assert (image.size, image.format) == ((1080, 1350), kind)


def test_it_needs_no_office(tmp_path: Path) -> None:
    out = tmp_path / "ut.png"
    done = CliRunner().invoke(
        main,
        [
            "--home",
            str(tmp_path / "none"),
            "card",
            "draw",
            "--design",
            "headline",
            "--set",
            "headline=Fler turer",
            str(out),
        ],
    )
    assert done.exit_code == 0, done.output
    assert out.stat().st_size > 1000
    assert not (tmp_path / "none").exists()


def test_a_portrait_is_a_file(run: Run, founded: str, tmp_path: Path) -> None:
    photo, out = tmp_path / "åsa.jpg", tmp_path / "ut.jpg"
    photo.write_bytes(writing.photo())
    words = ("--design", "quote", "--set", "quote=Ja till vård")
    assert run("card", "draw", *words, "--set", f"portrait=@{photo}", str(out)).exit_code == 0
    assert run("card", "draw", *words, "--set", "portrait=åsa.jpg", str(out)).exit_code == 2
    photo.write_bytes(b"<svg/>")
    refused = run("card", "draw", *words, "--set", f"portrait=@{photo}", str(out))
    assert refused.exit_code == 1
    assert "SVG" in refused.stderr


def test_a_file_that_is_not_there_is_said_by_its_field(run: Run, founded: str, tmp_path: Path) -> None:
    out, binary = tmp_path / "ut.png", tmp_path / "binär"
    binary.write_bytes(b"\xff\xfe\x00")
    for setting, said in (
        ("portrait=@/nope.jpg", "portrait: there is no file /nope.jpg."),
        ("quote=@/nope.txt", "quote: there is no file /nope.txt."),
        (f"portrait=@{tmp_path}", f"portrait: the file {tmp_path} cannot be read."),
        (f"quote=@{binary}", f"quote: the file {binary} is not text in UTF-8."),
    ):
        done = run("card", "draw", "--design", "quote", "--set", setting, str(out))
        assert done.exit_code == 1
        assert said in done.stderr
        assert "Errno" not in done.stderr
    assert not out.exists()


def test_words_that_do_not_fit_are_told_and_drawn_all_the_same(run: Run, founded: str, tmp_path: Path) -> None:
    out = tmp_path / "ut.png"
    done = run("card", "draw", "--design", "headline", "--set", "headline=" + "ord " * 90, str(out))
    assert done.exit_code == 3
    assert "headline: At most 120 characters." in done.stderr
    assert out.exists()


def test_wrong_usage_is_told(run: Run, founded: str, tmp_path: Path) -> None:
    out = str(tmp_path / "ut.png")
    assert run("card", "draw", "--design", "headline", "--size", "wide", out).exit_code == 2
    assert run("card", "draw", "--design", "headline", "--set", "headline", out).exit_code == 2
    assert run("card", "draw", "--design", "headline", str(tmp_path / "ut.gif")).exit_code == 2
    assert run("card", "draw", "--design", "nonsense", out).exit_code == 1
    assert run("card", "draw", "--design", "headline", "--size", "10x10", out).exit_code == 1
    assert run("card", "draw", "--workspace", "nonsense", "--design", "headline", out).exit_code == 1


def test_a_card_can_go_to_stdout(run: Run, founded: str) -> None:
    done = run("card", "draw", "--design", "headline", "--set", "headline=Ja", "-")
    with Image.open(io.BytesIO(done.stdout_bytes)) as image:
        assert image.size == (1200, 630)
