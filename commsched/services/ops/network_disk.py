"""Whether the database lies on another machine's disk, where SQLite's locks are not safe
(https://www.sqlite.org/wal.html)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from commsched.core.text.messages import N_, Message
from commsched.services.ops.health import Check

MOUNTS: Final = Path("/proc/self/mountinfo")
KINDS: Final = re.compile(
    r"9p|acfs|afs|beegfs|ceph|cifs|coda|davfs|glusterfs|gpfs|lustre|ncpfs|nfs4?|orangefs|panfs|pvfs2|smb[23]?|smbfs"
    r"|virtiofs"
    r"|fuse\.(?:ceph|curlftpfs|davfs|glusterfs|goofys|google-drive|grpcfuse|gvfsd|juicefs|mfs|moosefs|onedrive|osxfs"
    r"|rclone|s3|seaweedfs|smb|sshfs).*"
)
"""File systems that another machine holds, or the host of a virtual one; ``fuse.…`` through a program."""
_UNSAFE: Final = N_(
    "The database lies on a network file system (%(kind)s), where SQLite's locks are not safe: it can be damaged, and "
    "something can go out twice."
)
HELP: Final = N_("Stop commsched, move the home to a disk in the machine that runs it, and start it there with --home.")
_ESCAPED: Final = re.compile(r"\\([0-7]{3})")


def kind_of(path: Path, mounts: Path | None = None) -> str:
    """The kind of network file system that ``path`` lies on, such as ``nfs4``; empty where it is a disk of this
    machine, or cannot be known. ``mounts``: a file in the form of Linux's ``/proc/self/mountinfo``."""
    try:
        lines = (mounts or MOUNTS).read_text("utf-8", "surrogateescape").splitlines()
    except OSError:  # another system than Linux
        return ""
    place, kind, deepest = path.resolve(), "", -1
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) < 5 or not after.split():
            continue
        mounted = Path(_unescaped(fields[4]))
        depth = len(mounted.parts)
        if place.is_relative_to(mounted) and depth >= deepest:  # of two in one place the later hides the former
            kind, deepest = after.split()[0], depth
    return kind if KINDS.fullmatch(kind) else ""


def _unescaped(name: str) -> str:
    """``text`` with its octal numbers turned into the spaces, tabs, line ends and backslashes that they stand for
    (proc(5))."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 8)), name)


def warning(database: Path | None, mounts: Path | None = None) -> Message | None:
    """What is dangerous about where the ``database`` file lies; ``None`` where nothing is, or where it is no file."""
    kind = kind_of(database, mounts) if database else ""
    if not kind:
        return None
    return Message(_UNSAFE, {"kind": kind})


def check(database: Path | None, mounts: Path | None = None) -> Check:
    """What :func:`warning` finds, as a check."""
    words = warning(database, mounts)
    if words is None:
        return Check("file system", True, Message(N_("The database does not lie on a network file system.")))
    return Check("file system", False, words, Message(HELP), stops=False)
