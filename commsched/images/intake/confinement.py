"""Takes rights from a process until it can compute and answer, and nothing else.

Three layers, each as far as the system has it: limits of resources (every Unix), Landlock (no files, no networks) and a
seccomp filter (no system call but those that computing and answering take). None of them can be lifted again. They are
put on after everything that will be needed has been imported, and before the first byte of a stranger's file is read.

There is no library for this that is kept up and has wheels: three system calls by ctypes are all it takes. The numbers
are those of ``asm/unistd.h``, ``linux/landlock.h``, ``linux/seccomp.h`` and ``linux/prctl.h``.
"""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import sys
from collections.abc import Mapping
from typing import Final, TypedDict

import msgspec

_PR_SET_DUMPABLE: Final = 4
_PR_SET_NO_NEW_PRIVS: Final = 38
_LANDLOCK_CREATE: Final = 444
_LANDLOCK_RESTRICT: Final = 446
_LANDLOCK_VERSION: Final = 1
_FILES: Final = {1: 1 << 13, 2: 1 << 14, 3: 1 << 15, 5: 1 << 16}
"""From which version of Landlock on how many rights to files it knows: all below the bit are taken."""
_BEYOND: Final = ((4, 0b11), (6, 0b11))
"""The same for networks (binding and connecting TCP), and for scopes (abstract sockets, signals to others)."""


def _numbers(row: str) -> tuple[int, ...]:
    return tuple(map(int, row.split()))


class _Way(TypedDict):
    """The numbers that a kernel has on one kind of processor."""

    arch: int
    seccomp: int
    mmap: int
    mprotect: int
    prlimit64: int
    clone: int
    clone3: int
    plain: tuple[int, ...]


_Argument = ctypes.c_int | ctypes.c_uint | ctypes.c_size_t | ctypes.c_char_p | ctypes.Array[ctypes.c_char]
_WAYS: Final[dict[str, _Way]] = {
    "x86_64": {
        "arch": 0xC000003E,
        "seccomp": 317,
        "mmap": 9,
        "mprotect": 10,
        "prlimit64": 302,
        "clone": 56,
        "clone3": 435,
        "plain": _numbers(
            "0 1 3 7 8 11 12 13 14 15 17 19 20 23 24 25 28 35 39 60 96 97 98 131 186 202 204 219 228 "
            "229 230 231 270 271 273 318 324 334"
        ),
    },
    "aarch64": {
        "arch": 0xC00000B7,
        "seccomp": 277,
        "mmap": 222,
        "mprotect": 226,
        "prlimit64": 261,
        "clone": 220,
        "clone3": 435,
        "plain": _numbers(
            "57 62 63 64 65 66 67 72 73 93 94 98 99 101 113 114 115 123 124 128 132 134 135 139 163 165 "
            "169 172 178 214 215 216 233 278 283 293"
        ),
    },
}
"""By machine, its name in a filter and the numbers of its system calls. ``plain``: read, write, readv, writev, pread64,
lseek, close, poll, ppoll, select, pselect6, munmap, mremap, brk, madvise, rt_sigaction, rt_sigprocmask, rt_sigreturn,
sigaltstack, restart_syscall, sched_yield, sched_getaffinity, nanosleep, clock_gettime, clock_getres, clock_nanosleep,
gettimeofday, getpid, gettid, getrlimit, getrusage, futex, set_robust_list, rseq, membarrier, getrandom, exit,
exit_group."""
_EXECUTABLE, _ANONYMOUS = 4, 0x20
_ALLOW, _REFUSE, _KILL = 0x7FFF0000, 0x00050001, 0x80000000
_LOAD, _EQUAL, _ANY_BIT, _AT_LEAST, _RETURN = 0x20, 0x15, 0x45, 0x35, 0x06
_NUMBER, _ARCH = 0, 4
_X32: Final = 0x40000000
_THREAD: Final = 0x10000
_NO_SUCH_CALL = 0x00050026
"""ENOSYS: whoever is answered so asks in the older way, whose flags a filter can read."""


class Held(msgspec.Struct, frozen=True):
    """What holds a process. ``landlock`` is the version in force, 0 for none."""

    landlock: int
    seccomp: bool


def enter(limits: Mapping[str, int], *, landlock: bool = True, seccomp: bool = True, threads: bool = False) -> Held:
    """Put everything on that this system has: ``limits`` by name (``AS``, ``CPU`` …), then the two walls. ``threads``:
    it may start threads, which stand behind the same walls, and still no process."""
    for name, value in limits.items():
        limit(name, value)
    if sys.platform != "linux":
        return Held(0, False)
    undumpable()
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1) != 0:
        return Held(0, False)
    version = _landlock() if landlock else 0
    return Held(version, _seccomp(threads) if seccomp else False)


def tried() -> Held:
    """What holds the process that reads pictures, as it says itself. Raises as
    :meth:`commsched.images.intake.pool.Pool.run`."""
    from commsched.images.intake import pool

    facts, _ = pool.shared.run({"job": "held"})
    return msgspec.convert(facts, Held)


def limit(name: str, value: int) -> None:
    """Lower a limit of resources. That on processor time stays movable, since it is counted over a process's life."""
    import resource

    kind = getattr(resource, f"RLIMIT_{name}", None)
    if kind is None or (name == "AS" and sys.platform == "darwin"):  # macOS has that limit by name only
        return
    _, hard = resource.getrlimit(kind)
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, hard if name == "CPU" else value))


def undumpable() -> bool:
    """Keep other processes of the same user out of this one's memory and environment. Whether that could be done."""
    return sys.platform == "linux" and _prctl(_PR_SET_DUMPABLE, 0) == 0


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _prctl(option: int, value: int) -> int:
    zero = ctypes.c_ulong(0)
    try:
        return int(_libc().prctl(option, ctypes.c_ulong(value), zero, zero, zero))
    except (OSError, AttributeError):
        return -1


def _syscall(number: int, *values: _Argument | None) -> int:
    call = _libc().syscall
    call.restype = ctypes.c_long
    return int(call(ctypes.c_long(number), *values))


def landlock_version() -> int:
    """Which version of Landlock the kernel has; 0 for none."""
    if sys.platform != "linux":
        return 0
    return max(0, _syscall(_LANDLOCK_CREATE, None, ctypes.c_size_t(0), ctypes.c_uint(_LANDLOCK_VERSION)))


def _landlock() -> int:
    """Refuse all files, and networks where the kernel can; returns the version, 0 where there is none."""
    version = landlock_version()
    if not version:
        return 0
    files = max(bits for since, bits in _FILES.items() if since <= version) - 1
    rights = struct.pack("=Q", files)
    for since, bits in _BEYOND:
        if version >= since:
            rights += struct.pack("=Q", bits)
    rules = _syscall(_LANDLOCK_CREATE, ctypes.c_char_p(rights), ctypes.c_size_t(len(rights)), ctypes.c_uint(0))
    if rules < 0:
        return 0
    done = _syscall(_LANDLOCK_RESTRICT, ctypes.c_int(rules), ctypes.c_uint(0))
    os.close(rules)
    return version if done == 0 else 0


def _seccomp(threads: bool = False) -> bool:
    """Refuse every system call but those that computing and answering take. For all threads that there are."""
    way = _WAYS.get(platform.machine())
    if way is None:
        return False
    steps = _filter(way, threads)
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    handed = ctypes.create_string_buffer(struct.pack("@HP", len(steps), ctypes.addressof(program)))
    return _syscall(way["seccomp"], ctypes.c_uint(1), ctypes.c_uint(1), handed) == 0


def _filter(way: _Way, threads: bool = False) -> list[tuple[int, int, int, int]]:
    """The program (linux/filter.h): steps of operation, jump where true, jump where not, and a value."""
    refuse, allow = (_RETURN, 0, 0, _REFUSE), (_RETURN, 0, 0, _ALLOW)
    steps = [
        (_LOAD, 0, 0, _ARCH),
        (_EQUAL, 1, 0, way["arch"]),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        refuse,
    ]
    for number in way["plain"]:
        steps += [(_EQUAL, 0, 1, number), allow]
    # memory: never to be run, and never a file
    steps += [
        (_EQUAL, 0, 6, way["mmap"]),
        (_LOAD, 0, 0, _argument(2)),
        (_ANY_BIT, 0, 1, _EXECUTABLE),
        refuse,
        (_LOAD, 0, 0, _argument(3)),
        (_ANY_BIT, 0, 1, _ANONYMOUS),
        allow,
    ]
    steps += [(_LOAD, 0, 0, _NUMBER)]
    steps += [
        (_EQUAL, 0, 4, way["mprotect"]),
        (_LOAD, 0, 0, _argument(2)),
        (_ANY_BIT, 1, 0, _EXECUTABLE),
        allow,
        refuse,
    ]
    steps += [(_EQUAL, 0, 3, way["prlimit64"]), (_LOAD, 0, 0, _argument(0)), (_EQUAL, 0, 1, 0), allow]  # its own limits
    if threads:
        steps += [(_LOAD, 0, 0, _NUMBER), (_EQUAL, 0, 1, way["clone3"]), (_RETURN, 0, 0, _NO_SUCH_CALL)]
        steps += [(_EQUAL, 0, 3, way["clone"]), (_LOAD, 0, 0, _argument(0)), (_ANY_BIT, 0, 1, _THREAD), allow]
    return [*steps, refuse]


def _argument(place: int) -> int:
    """Where the lower half of an argument lies in what a filter is given (machines that count from the low end)."""
    return 16 + 8 * place
