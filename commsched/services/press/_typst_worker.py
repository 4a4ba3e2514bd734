"""Typesets one PDF in a process of its own: ``python -I _typst_worker.py``, the job as JSON on standard input, the PDF
on standard output. It imports nothing of the project, so that it starts in a moment.

PDF/UA-1 allows no sign that no font can show. Such signs (emoji, mostly) are left out, as the error names them.
"""

import json
import re
import resource
import sys
import unicodedata
from datetime import datetime
from typing import TypeAlias, TypedDict

Tree: TypeAlias = "str | int | float | list[Tree] | dict[str, Tree]"
Data: TypeAlias = "dict[str, Tree]"


class Job(TypedDict):
    """What is typeset: the template's text, the folder that may be read, folders of fonts, the data, and when."""

    template: str
    root: str
    fonts: list[str]
    data: Data
    made: str


MEMORY = 1536 * 2**20
"""Bytes of address space; fonts are mapped into it."""
SECONDS = 20
HEADINGS = ("h2", "h3", "h4")
MOST_MISSING = 60
"""Signs that are looked for one by one."""
_MISSING = re.compile(r'the text `"(.*)"` could not be displayed', re.DOTALL)


def main() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    job = json.load(sys.stdin)
    sys.stdout.buffer.write(typeset(job))


def typeset(job: Job) -> bytes:
    """The PDF of ``job``: the template's text, the folder that it may read, fonts, and the data."""
    import typst

    data = settled(job["data"])
    for _try in range(MOST_MISSING):
        try:
            pdf: bytes = typst.compile(  # type: ignore[call-overload]  # its stubs want one type for all paths
                job["template"].encode(),
                root=job["root"],
                font_paths=job["fonts"],
                ignore_system_fonts=True,
                format="pdf",
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
                pdf_standards=["ua-1"],
                timestamp=datetime.fromisoformat(job["made"]),
                package_path=job["root"],
                package_cache_path=job["root"],
            )
            return pdf
        except typst.TypstError as error:
            missing = _MISSING.search(error.message)
            if missing is None:
                raise
            signs = _unescaped(missing.group(1))
            data = settled({key: without(each, signs) for key, each in data.items()})
    raise SystemExit("too many signs that no font has")


def _unescaped(said: str) -> str:
    """What Typst quotes, as it was written."""
    plain = re.sub(r"\\u\{([0-9a-fA-F]+)\}", lambda code: chr(int(code.group(1), 16)), said)
    return plain.replace('\\"', '"').replace("\\\\", "\\")


def settled(data: Data) -> Data:
    """``data`` with a title that says something, and no heading that says nothing: PDF/UA-1 allows neither."""
    title = data["title"] if seen(data["title"]) else data["office"]
    return {key: pruned(each) for key, each in data.items()} | {"title": title if seen(title) else "–"}


def seen(value: Tree) -> bool:
    """Whether a reader sees anything of ``value``, a text or a tree."""
    if isinstance(value, str):
        return any(unicodedata.category(sign)[0] in "LNPS" for sign in value)
    if not isinstance(value, list):
        return False
    return seen(value[2]) if _is_node(value) else any(map(seen, value))


def pruned(value: Tree) -> Tree:
    """``value`` without the headings in which nothing is seen."""
    if isinstance(value, list):
        return [pruned(each) for each in value if not _is_empty_heading(each)]
    if isinstance(value, dict):
        return {key: pruned(each) for key, each in value.items()}
    return value


def _is_empty_heading(value: Tree) -> bool:
    return isinstance(value, list) and _is_node(value) and value[0] in HEADINGS and not seen(value)


def _is_node(value: "list[Tree]") -> bool:
    """Whether it is an element of a tree: a name, attributes, children."""
    return len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], dict)


def without(value: Tree, signs: str) -> Tree:
    """``value`` with none of ``signs`` in any of its texts."""
    if isinstance(value, str):
        return value.replace(signs, "") if signs in value else "".join(c for c in value if c not in signs)
    if isinstance(value, list):
        return [without(each, signs) for each in value]
    if isinstance(value, dict):
        return {key: without(each, signs) for key, each in value.items()}
    return value


if __name__ == "__main__":
    main()
