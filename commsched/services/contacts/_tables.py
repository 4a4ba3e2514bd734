"""Tables as people's programs write them, row by row: CSV in any of its habits, and XLSX.

A row is read when it is asked for, so a table costs no memory for its length. What is no table, or is made to exhaust
whoever reads it, is refused in a sentence.
"""

from __future__ import annotations

import codecs
import csv
import io
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import IO, Final

from commsched.core.text.messages import N_, Invalid

MB: Final = 1024 * 1024
MOST_BYTES: Final = 20 * MB
MOST_UNPACKED: Final = 120 * MB
"""Of a spreadsheet, which is a packed folder, with everything in it unpacked."""
MOST_WORDS: Final = 40 * MB
"""Of a spreadsheet's own table of texts, which is read whole."""
MOST_BESIDE: Final = 8 * MB
"""Of its styles and of what says where everything is, which are read whole, too."""
_BESIDE: Final = ("styles.xml", "workbook.xml", ".rels", "[content_types].xml", "theme1.xml", "app.xml", "core.xml")
MOST_ROWS: Final = 100_000
MOST_COLUMNS: Final = 200
MOST_CELL: Final = 10_000
MOST_EMPTY: Final = 20_000
"""Empty rows in a row, after which a spreadsheet is taken to have ended: some have a format in their millionth."""
_SAMPLE: Final = 64 * 1024
_ZIP, _OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NO_TABLE: Final = N_(
    "The file cannot be read as a table. Save it as CSV or as an Excel workbook (.xlsx), and try again."
)


def read(file: IO[bytes]) -> Iterator[list[str]]:
    """The rows of the table in ``file``, which can be sought in, each with its cells trimmed; empty rows too, so that
    they can be counted. Raises :class:`Invalid` for what is no table, or too large for a list of contacts."""
    length = file.seek(0, io.SEEK_END)
    if not length:
        raise Invalid(N_("The file is empty."), "file")
    if length > MOST_BYTES:
        words = N_("The file is %(size)s MB, and a table of contacts may be at most %(most)s MB.")
        raise Invalid(words, "file", size=-(-length // MB), most=MOST_BYTES // MB)
    file.seek(0)
    start = file.read(4)
    file.seek(0)
    if start.startswith(_OLD_EXCEL):
        raise Invalid(N_("This is a workbook of an old Excel. Save it as .xlsx or CSV, and try again."), "file")
    return _bounded(_xlsx(file) if start == _ZIP else _csv(file))


def _bounded(rows: Iterator[Sequence[str]]) -> Iterator[list[str]]:
    filled = empty = 0
    for number, row in enumerate(rows, 1):
        if len(row) > MOST_COLUMNS:
            words = N_("Row %(row)s has %(columns)s columns. A table of contacts has at most %(most)s.")
            raise Invalid(words, "file", row=number, columns=len(row), most=MOST_COLUMNS)
        cells = [_plain(cell, number) for cell in row]
        if not any(cells):
            empty += 1
            if empty > MOST_EMPTY:
                return
        else:
            filled, empty = filled + 1, 0
        if filled > MOST_ROWS:
            words = N_("The file has more than %(most)s rows. Divide it, and import one part at a time.")
            raise Invalid(words, "file", most=MOST_ROWS)
        yield cells


def _plain(cell: str, row: int) -> str:
    if len(cell) > MOST_CELL:
        words = N_("A cell in row %(row)s holds more than %(most)s characters. Is there a quotation mark too few?")
        raise Invalid(words, "file", row=row, most=MOST_CELL)
    if "\0" in cell:
        raise Invalid(_NO_TABLE, "file")
    plain = cell.strip().strip("\ufeff")
    return plain[1:] if plain[:1] == "'" and plain[1:2] in _FORMULA else plain


# -- CSV -------------------------------------------------------------------------------------------


def _csv(file: IO[bytes]) -> Iterator[Sequence[str]]:
    text = io.TextIOWrapper(file, _encoding(file), errors="replace", newline="")
    try:
        sample = text.read(_SAMPLE)
        text.seek(0)
        first = sample.partition("\n")[0].strip().lower()
        said = first[4:5] if first.startswith("sep=") and len(first) == 5 else ""
        separator = said or separator_of(sample)
        if said:
            text.readline()
            yield []  # it counts as a row where people count
        yield from csv.reader(text, delimiter=separator)
    except csv.Error as error:
        raise Invalid(_NO_TABLE, "file") from error
    finally:
        text.detach()


def _encoding(file: IO[bytes]) -> str:
    """By its mark, else UTF-16 by its many noughts, else UTF-8 if all of it is that, else Windows' Western letters."""
    start = file.read(4096)
    file.seek(0)
    for mark, encoding in _MARKS:
        if start.startswith(mark):
            return encoding
    if b"\0" in start:
        even, odd = start[::2].count(0), start[1::2].count(0)
        if max(even, odd) < len(start) // 4:
            raise Invalid(_NO_TABLE, "file")
        return "utf-16-be" if even > odd else "utf-16-le"
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while data := file.read(_SAMPLE):
            decoder.decode(data)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "cp1252"
    finally:
        file.seek(0)
    return "utf-8"


def separator_of(sample: str) -> str:
    """What stands between the cells of a CSV: whatever makes most rows of one width, and the widest of those."""
    lines = sample.splitlines()[:60]

    def agreement(separator: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(lines[:-1] or lines, delimiter=separator) if row]
        except csv.Error:
            return 0, 0
        usual = max(set(widths), key=widths.count, default=0)
        return (widths.count(usual), usual) if usual > 1 else (0, 0)

    return max((";", "\t", ",", "|"), key=agreement)


# -- XLSX ------------------------------------------------------------------------------------------


def _xlsx(file: IO[bytes]) -> Iterator[Sequence[str]]:
    _refuse_bomb(file)
    from openpyxl import load_workbook

    warnings.filterwarnings("ignore", module=r"openpyxl\b.*")
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what a file says of its size need not be true
        for row in sheet.iter_rows(values_only=True):
            yield [_cell(value) for value in row]
        book.close()
    except (OSError, MemoryError, Invalid):
        raise
    except Exception as error:  # a spreadsheet can be broken in as many ways as its reader has lines
        raise Invalid(_NO_TABLE, "file") from error


def _refuse_bomb(file: IO[bytes]) -> None:
    """What a packed file says of its sizes binds: no more is unpacked of it than that."""
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
    except (zipfile.BadZipFile, ValueError, RuntimeError) as error:
        raise Invalid(_NO_TABLE, "file") from error
    words = sum(part.file_size for part in parts if "sharedstrings" in part.filename.lower())
    beside = sum(part.file_size for part in parts if part.filename.lower().endswith(_BESIDE))
    whole = sum(part.file_size for part in parts)
    if whole > MOST_UNPACKED or words > MOST_WORDS or beside > MOST_BESIDE or len(parts) > 2000:
        raise Invalid(N_("The workbook is too large when it is unpacked. Save only the table, as CSV."), "file")
    file.seek(0)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat(" ") if isinstance(value, datetime) else str(value)


# -- out -------------------------------------------------------------------------------------------

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What a spreadsheet may take for the beginning of a formula, in wide letters too."""


def defused(cell: str) -> str:
    """``cell`` so that no spreadsheet takes it for a formula; :func:`read` takes the mark away again."""
    return "'" + cell if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell


def write_csv(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """``rows`` as Excel opens a CSV in this country: semicolons, and UTF-8 with its mark."""
    yield codecs.BOM_UTF8
    line = io.StringIO()
    writer = csv.writer(line, delimiter=";", lineterminator="\r\n")
    for row in rows:
        writer.writerow([defused(cell) for cell in row])
        if line.tell() > _SAMPLE:
            yield line.getvalue().encode()
            line.seek(0)
            line.truncate()
    yield line.getvalue().encode()


def write_xlsx(rows: Iterable[Sequence[str]], title: str, file: IO[bytes]) -> None:
    """``rows`` as a workbook, written row by row. Every cell is a text."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    book = Workbook(write_only=True)
    sheet = book.create_sheet(title[:31])
    for row in rows:
        cells = []
        for value in row:
            cell = WriteOnlyCell(sheet, value="")
            cell.value, cell.data_type = _written(value), "s"
            cells.append(cell)
        sheet.append(cells)
    book.save(file)


def _written(value: str) -> str:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    return defused(str(ILLEGAL_CHARACTERS_RE.sub("", value)))
