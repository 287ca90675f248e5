"""A child that does to itself what no message can be found to do: the word in the message says what."""

import os
import signal
import subprocess
import sys
import time

from adapters import child
from crm.intake.inquiry import Inquiry


def read(kind: str, content_type: str, raw: bytes) -> Inquiry:
    word = raw.decode()
    if word == "spin":
        while True:
            pass
    if word == "sleep":
        time.sleep(60)
    if word == "swell":
        hoard = bytearray(2 * child.MEMORY)
        return Inquiry(text=str(len(hoard)))
    if word == "raise":
        raise LookupError("what the stranger wrote")
    if word == "print":
        print("between the frames", flush=True)
        os.write(1, b"and past Python")
    if word == "write":
        return Inquiry(text=_outcome_of_writing())
    if word == "env":
        return Inquiry(text=" ".join(sorted(os.environ)))
    if word.startswith("SIG"):
        os.kill(os.getpid(), signal.Signals[word])
    if word == "start":
        subprocess.run([sys.executable, "-c", ""], check=True)
    return Inquiry(text=f"{word} {os.getpid()}")


def _outcome_of_writing() -> str:
    try:
        with open("/tmp/anbahn-must-not-be-written", "wb") as file:  # noqa: S108
            file.write(b"x")
    except OSError as error:
        return type(error).__name__
    return "written"


if __name__ == "__main__":
    child.read = read
    child.CPU_SECONDS = 1
    child.main()
