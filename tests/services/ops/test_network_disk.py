"""A database on another machine's disk is warned of: SQLite's locks are not safe there."""

from __future__ import annotations

from pathlib import Path

import pytest

from commsched.services.ops.network_disk import check, kind_of

MOUNTS = r"""22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/root rw
40 22 0:35 / /srv rw,relatime shared:7 - nfs4 nas:/export rw,vers=4.2
41 40 254:1 / /srv/local rw,relatime - xfs /dev/sdb1 rw
42 22 0:36 / /mnt/the\040office\134s rw shared:8 master:2 - cifs //nas/office rw
43 22 0:37 / /home/a rw - fuse.sshfs a@b:/ rw
44 22 254:2 / /mnt/usb rw - fuseblk /dev/sdc1 rw
45 22 0:38 / /mnt/vault rw - fuse.gocryptfs /x rw
46 22 0:39 / /mnt/twice rw - nfs nas:/old rw
47 22 254:3 / /mnt/twice rw - ext4 /dev/sdd1 rw
48 22 0:40 / /mnt/c rw - 9p C:\134 rw
broken
49 22 -
"""


@pytest.fixture
def mounts(tmp_path: Path) -> Path:
    file = tmp_path / "mountinfo"
    file.write_text(MOUNTS)
    return file


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/commsched/commsched.db", ""),
        ("/srv/office/commsched.db", "nfs4"),
        ("/srv", "nfs4"),
        ("/srv2/commsched.db", ""),
        ("/srv/local/commsched.db", ""),
        ("/mnt/the office\\s/commsched.db", "cifs"),
        ("/home/a/office/commsched.db", "fuse.sshfs"),
        ("/mnt/usb/commsched.db", ""),
        ("/mnt/vault/commsched.db", ""),
        ("/mnt/twice/commsched.db", ""),
        ("/mnt/c/office/commsched.db", "9p"),
    ],
)
def test_the_file_system_is_that_of_the_deepest_and_latest_mount(mounts: Path, path: str, kind: str) -> None:
    assert kind_of(Path(path), mounts) == kind


def test_a_link_is_followed_to_where_the_database_lies(mounts: Path, tmp_path: Path) -> None:
    (tmp_path / "commsched.db").symlink_to("/srv/office/commsched.db")
    assert kind_of(tmp_path / "commsched.db", mounts) == "nfs4"


def test_nothing_is_said_where_nothing_can_be_known(tmp_path: Path) -> None:
    assert kind_of(Path("/srv"), tmp_path / "none") == ""
    assert check(None).ok


def test_it_is_one_sentence_and_what_to_do(mounts: Path) -> None:
    bad = check(Path("/srv/office/commsched.db"), mounts)
    assert (bad.ok, bad.stops) == (False, False)
    assert str(bad.words).startswith("The database lies on a network file system (nfs4), where SQLite's locks")
    assert "--home" in str(bad.help)
