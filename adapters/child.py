"""The process in which strangers' bytes are parsed: one message after another, each within its limits.

Started by the Sandbox as ``python -m adapters.child <parent's pid>``. Frames on stdin: 4 bytes of length, a JSON header
{kind, content_type, size}, then the raw bytes. Answers on stdout: one byte as soon as the frame has been taken, then
4 bytes of length and JSON. It imports little, for it is started anew whenever a message has killed it.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import struct
import sys
from typing import BinaryIO

import orjson

from adapters.read import read
from crm.intake.inquiry import Unreadable

MEMORY = 512 * 1024 * 1024
"""Bytes of address space for one message, beyond what the process has at its start."""
CPU_SECONDS = 5
"""The most seconds of processor time for one message."""
TAKEN = b"\x06"
"""Says that the frame has been read to its end: from here on a death is the message's doing."""
LENGTH = struct.Struct(">I")

_OPEN_FILES = 16
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve frames until stdin ends."""
    _die_with_parent(int(sys.argv[1]))
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # whatever prints must not end up between the frames
    _limit()
    gc.freeze()  # what was imported need not be looked through again after each message
    while (header := _frame(requests)) is not None:
        asked = orjson.loads(header)
        raw = requests.read(asked["size"])
        if len(raw) < asked["size"]:
            return  # the parent is gone
        answers.write(TAKEN)
        _allow_cpu()
        answer = _answer(asked["kind"], asked["content_type"], raw)
        answers.write(LENGTH.pack(len(answer)) + answer)


def _answer(kind: str, content_type: str, raw: bytes) -> bytes:
    try:
        result = read(kind, content_type, raw)
        return orjson.dumps({"type": type(result).__name__, "value": result})
    except MemoryError:
        result = Unreadable("TOO_LARGE", f"Reading the message needs more than {MEMORY // 1024 // 1024} MB of memory.")
    except Exception as error:
        # Only the kind of error: its text may quote what the stranger wrote.
        result = Unreadable("PARSER_ERROR", f"The reader failed with {type(error).__name__}; this is a bug.")
    return orjson.dumps({"type": "Unreadable", "value": result})


def _frame(requests: BinaryIO) -> bytes | None:
    prefix = requests.read(LENGTH.size)
    return requests.read(LENGTH.unpack(prefix)[0]) if len(prefix) == LENGTH.size else None


def _die_with_parent(parent: int) -> None:
    """Be killed when the parent dies: a worker that is killed leaves no child behind (prctl(2), Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit()  # it died before we asked


def _limit() -> None:
    """Take from this process what reading needs not: files, processes, memory, core dumps."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_OPEN_FILES, _OPEN_FILES))
    if sys.platform == "linux":  # elsewhere neither is the size in use told nor the limit kept
        with open("/proc/self/statm", "rb") as file:
            memory = int(file.read().split()[0]) * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _allow_cpu() -> None:
    """Move the soft limit on processor time on for one message; reaching it kills by SIGXCPU.

    The limit knows whole seconds only: a message gets 4 to 5 of them.
    """
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


if __name__ == "__main__":
    main()
