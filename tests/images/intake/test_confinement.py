"""What a decoder that has been taken over can still do: nothing. Nineteen things and some more that it could before."""

from __future__ import annotations

import base64
import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from PIL import ImageCms

from commsched.images.cards import confined, designs
from commsched.images.cards.brand import Brand
from commsched.images.cards.values import Photo
from commsched.images.intake import confinement, pictures, pool
from commsched.services.ops import doctor
from tests.images import files, films
from tests.images.text.test_fonts import TEXT, colour_font

_ATTEMPTS = """
import ctypes, json, mmap, os, resource, shutil, signal, socket, subprocess, sys, urllib.request
sys.path.insert(0, sys.argv[1])
where = json.loads(sys.argv[2])
from commsched.images.cards import confined
from commsched.images.intake import confinement, video_worker, worker

libc = ctypes.CDLL(None, use_errno=True)
"".encode("idna")  # what an attempt needs is loaded before, so that each is stopped by the wall and nothing else

def called(answer):
    if answer < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return answer

def overwrite():
    handle = os.open(where["picture"], os.O_RDWR)
    with mmap.mmap(handle, 0) as seen:
        seen[:3] = b"bad"

def send():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"secret", ("127.0.0.1", where["port"]))

def connect():
    socket.create_connection(("127.0.0.1", where["port"]), 2).send(b"secret")

def listen():
    with socket.socket() as mine:
        mine.bind(("127.0.0.1", 0))
        mine.listen()

def speak():
    socket.socket(socket.AF_UNIX).connect("\\0" + where["abstract"])

def append():
    with open(where["picture"], "ab") as file:
        file.write(b"bad")

def memory():
    with open(f"/proc/{where['server']}/mem", "rb"):
        pass

def fork():
    if os.fork() == 0:
        os._exit(0)

def read(path):
    with open(path, "rb") as file:
        file.read()

def peek():
    parts = (ctypes.c_void_p * 2)(ctypes.addressof(libc_buffer), 8), (ctypes.c_void_p * 2)(where["address"], 8)
    called(libc.process_vm_readv(where["server"], parts[0], 1, parts[1], 1, 0))

def run_memory():
    handle = libc.mmap
    handle.restype = ctypes.c_long
    called(handle(None, ctypes.c_size_t(4096), 7, 0x22, -1, ctypes.c_long(0)))

def trace():
    libc.ptrace.restype = ctypes.c_long
    called(libc.ptrace(0x4206, where["server"], None, None))

libc_buffer = ctypes.create_string_buffer(8)
attempts = {
    "read the key": lambda: read(where["key"]),
    "read the database": lambda: read(where["database"]),
    "connect": connect, "send": send, "listen": listen,
    "speak on an abstract socket": speak,
    "overwrite through mmap": overwrite,
    "truncate": lambda: os.truncate(where["picture"], 0),
    "delete": lambda: os.unlink(where["picture"]),
    "rename": lambda: os.rename(where["picture"], where["picture"] + ".new"),
    "chmod": lambda: os.chmod(where["key"], 0o777),
    "symlink": lambda: os.symlink(where["key"], where["picture"] + ".link"),
    "link": lambda: os.link(where["key"], where["picture"] + ".hard"),
    "make a folder": lambda: os.mkdir(where["picture"] + ".d"),
    "list the home": lambda: os.listdir(where["home"]),
    "look for a file": lambda: os.stat(where["key"]),
    "read the server's environment": lambda: read(f"/proc/{where['server']}/environ"),
    "open the server's memory": memory,
    "read the server's memory": peek,
    "attach to the server": trace,
    "signal the server": lambda: os.kill(where["server"], 0),
    "lift the server's limits": lambda: resource.prlimit(where["server"], 0),
    "execute": lambda: os.execv("/bin/sh", ["sh", "-c", "exit 0"]),
    "start a program": lambda: subprocess.run(["/bin/true"], check=True),
    "fork": fork,
    "append": append,
    "make memory that runs": run_memory,
    "leave its namespaces": lambda: called(libc.unshare(0x10000000)),
    "be seen in a dump": lambda: called(libc.prctl(4, 1, 0, 0, 0)),
}
process = {"worker": worker, "film": video_worker, "card": confined}[where["process"]]
process.prepare()
if where["walls"] == "all":
    (video_worker if process is video_worker else worker).confine()
else:
    confinement.enter({}, landlock=where["walls"] == "landlock", seccomp=where["walls"] == "seccomp")
done = {}
for name, attempt in attempts.items():
    if where["walls"] == "landlock" and name in ("execute", "fork"):
        continue
    try:
        attempt()
        done[name] = "done"
    except OSError as error:
        done[name] = error.errno
    except Exception as error:
        done[name] = repr(error)
os.write(1, json.dumps(done).encode())
"""

SERVER = """
import ctypes, sys
kept = ctypes.create_string_buffer(b"password")
print(ctypes.addressof(kept), flush=True)
sys.stdin.read()
"""
STOPPED: dict[int, set[str]] = {
    1: {
        "read the key",
        "read the database",
        "overwrite through mmap",
        "delete",
        "rename",
        "symlink",
        "link",
        "make a folder",
        "list the home",
        "append",
    },
    3: {"truncate"},
    4: {"connect", "listen"},
    6: {"speak on an abstract socket", "signal the server"},
}
"""What Landlock alone refuses, by the version from which on it does."""


def attempted(folder: Path, process: str, walls: str) -> dict[str, Any]:
    """Every attempt on a small office, in the process that opens strangers' files: an error's number, or ``done``."""
    for name in ("secret.key", "commsched.db", "picture.jpg"):
        (folder / name).write_bytes(b"secret")
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket(socket.AF_UNIX) as near:
        near.bind(f"\0commsched-{os.getpid()}")
        near.listen()
        server = subprocess.Popen([sys.executable, "-c", SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert server.stdout is not None
        where = {
            "key": str(folder / "secret.key"),
            "database": str(folder / "commsched.db"),
            "home": str(folder),
            "picture": str(folder / "picture.jpg"),
            "port": listener.getsockname()[1],
            "server": server.pid,
            "address": int(server.stdout.readline()),
            "process": process,
            "walls": walls,
            "abstract": f"commsched-{os.getpid()}",
        }
        try:
            ran = subprocess.run(
                [sys.executable, "-I", "-c", _ATTEMPTS, pool._ROOT, json.dumps(where)],
                capture_output=True,
                check=True,
                timeout=60,
            )
        finally:
            server.communicate()
    return dict(json.loads(ran.stdout))


@pytest.mark.parametrize("process", ["worker", "film", "card"])
def test_whoever_takes_over_a_decoder_can_do_nothing(tmp_path: Path, process: str) -> None:
    done = attempted(tmp_path, process, "all")
    assert {name: how for name, how in done.items() if how not in (1, 13)} == {}
    assert len(done) >= 19
    assert (tmp_path / "picture.jpg").read_bytes() == b"secret"


def test_each_wall_stands_without_the_other(tmp_path: Path) -> None:
    """An older kernel, or one built without, has only one of them."""
    done = attempted(tmp_path, "worker", "seccomp")
    assert {name: how for name, how in done.items() if how not in (1, 13)} == {}
    done = attempted(tmp_path, "worker", "landlock")
    version = confinement.landlock_version()
    expected = set().union(*(names for since, names in STOPPED.items() if since <= version))
    assert {name for name in expected if done[name] not in (1, 13)} == set()


_LOADING = """
import base64, io, json, os, sys
sys.path.insert(0, sys.argv[1])
samples = json.loads(sys.stdin.read())
from commsched.images.cards import confined
from commsched.images.intake import video_worker, worker

{"worker": worker, "film": video_worker, "card": confined}[sys.argv[2]].prepare()
opened = set()
sys.addaudithook(lambda event, about: opened.add(f"{event} {about[0]}") if event in ("open", "import") else None)
bad = []
for name, sample in samples.items():
    data = base64.b64decode(sample)
    if sys.argv[2] == "card":
        done = [confined.answer({}, data)[0]]
    elif sys.argv[2] == "worker":
        fit = {"job": "fit", "ratio": [1, 1], "types": ["image/jpeg"], "max_bytes": 9**9, "max_side": 0,
               "max_pixels": 0, "opaque": False, "centre": [0.5, 0.5]}
        jobs = [{"job": "font"}] if "font" in name else [{"job": "clean"}, {"job": "small", "max_side": 40}, fit]
        done = [worker.answer(job, data)[0] for job in jobs]
    else:
        kind = "matroska" if "webm" in name else "mov"
        done = [video_worker.answer({"job": "film", "kind": kind, "brand": "isom"}, io.BytesIO(data))[0],
                video_worker.answer({"job": "moment", "kind": kind, "at": 500}, io.BytesIO(data))[0]]
    bad += [name for facts in done if "error" in facts]
os.write(1, json.dumps([sorted(opened), bad]).encode())
"""


def samples(process: str) -> dict[str, bytes]:
    if process == "card":
        return {
            f"{name} {language} {form}": wish(name, language, form)
            for name in designs.load()
            for language in ("sv", "en")
            for form in ("jpeg", "png")
        }
    if process == "film":
        return {
            "mp4": films.video(sound="aac"),
            "webm": films.video("webm", "libvpx-vp9", sound="libopus"),
            "hevc": films.video("mov", "libx265"),
            "webm vp8": films.video("webm", "libvpx"),
            "mpeg4": films.video("mp4", "mpeg4", sound="libmp3lame"),
        }
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    whole = {
        f"{form} {mode}": files.save(files.picture(mode=mode), form)
        for form in ("JPEG", "PNG", "WEBP", "GIF")
        for mode in ("RGB", "L", "P", "RGBA")
        if (form, mode) not in {("JPEG", "P"), ("JPEG", "RGBA")}
    }
    xmp = b"<dc:creator><rdf:Seq><rdf:li>Bo &amp; Lo</rdf:li></rdf:Seq></dc:creator>"
    return whole | {
        "gif that moves": files.moving("GIF"),
        "webp that moves": files.moving("WEBP"),
        "exif": files.with_exif(orientation=6, artist="Åsa", copyright="Ö", gps=True),
        "xmp": files.webp(xmp=xmp),
        "profile": files.jpeg(icc_profile=profile),
        "cmyk": files.save(files.picture(mode="CMYK"), "JPEG"),
        "font": TEXT,
        "font of emoji": colour_font(),
    }


def wish(name: str, language: str, form: Any) -> bytes:
    """A card of every kind, with an own font, an emoji, a photo, and a word of another script."""
    given = dict(designs.get(name).examples["long"])
    texts = {key: value for key, value in given.items() if isinstance(value, str)}
    texts |= {key: value + " 🚀 سلام" for key, value in texts.items() if key in ("headline", "quote", "title")}
    photos = {
        key: Photo(files.jpeg((800, 600))) for key, spec in designs.get(name).fields.items() if spec.kind == "picture"
    }
    brand = Brand(name="Norra", heading="Egen", fonts={"Egen": "given:text"}, emoji_font="given:emoji")
    fonts = {"given:text": TEXT, "given:emoji": colour_font()}
    return msgspec.msgpack.encode(
        confined.DrawJob(name, (1080, 1350), texts, {}, photos, brand, form, language, 0, fonts)
    )


@pytest.mark.parametrize("process", ["worker", "film", "card"])
def test_nothing_is_loaded_after_the_walls_are_up(process: str) -> None:
    """What is loaded when it is first needed could not be: and some of it is given up in silence."""
    given = json.dumps({name: base64.b64encode(data).decode() for name, data in samples(process).items()})
    ran = subprocess.run(
        [sys.executable, "-I", "-c", _LOADING, pool._ROOT, process],
        input=given.encode(),
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert json.loads(ran.stdout) == [[], []]


def test_the_process_says_what_holds_it() -> None:
    held = confinement.tried()
    assert held == confinement.Held(confinement.landlock_version(), seccomp=True)


def test_without_the_walls_the_doctor_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """A container may refuse the calls that put them up: the pictures are read all the same, and it is told."""
    monkeypatch.setattr(
        pool,
        "START",
        pool.START.replace("main()", "c._prctl = lambda *_: -1; main()").replace(
            "from commsched", "import commsched.images.intake.confinement as c; from commsched", 1
        ),
    )
    workers = pool.Pool(size=1)
    monkeypatch.setattr(pool, "shared", workers)
    (told,) = doctor._confinement(None)  # type: ignore[arg-type]  # it asks the process, not the office
    assert (told.level, told.words.params["lacking"]) == ("warn", "Landlock + seccomp")
    assert pictures.take(files.jpeg(), workers=workers).width == 64
    workers.close()


def test_the_server_is_closed_to_other_programs() -> None:
    """Its environment holds the relay's password, its memory the tokens."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from commsched.cli import run; run._alone(); "
        "import ctypes; print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))"
    )
    ran = subprocess.run([sys.executable, "-c", code, pool._ROOT], capture_output=True, check=True)
    assert ran.stdout.strip() == b"0"
