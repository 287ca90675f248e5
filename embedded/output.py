"""What a run says: its own lines, and the lines of its parts, each with the part's name before it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable
from typing import IO, TextIO

_WIDTH = 8
_COLOURS = {"api": 36, "worker": 32, "beat": 35, "postgres": 34, "valkey": 33, "prepare": 37, "anbahn": 1}
_LONGEST_LINE = 16_384


class Output:
    """Writes whole lines; colours only for a terminal. Whoever has stopped listening does not stop the run."""

    def __init__(self, stream: TextIO = sys.stdout, environ: dict[str, str] | None = None) -> None:
        self._stream: TextIO | None = stream
        self._colours = stream.isatty() and not (os.environ if environ is None else environ).get("NO_COLOR")

    def say(self, text: str = "") -> None:
        """A line of the run itself."""
        if self._stream is None:
            return
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # the pipe's reader has gone, or the terminal
            self._stream = None

    def line(self, name: str, text: str) -> None:
        """A line of a part."""
        self.say(f"{self.paint(f'{name:<{_WIDTH}}|', _COLOURS.get(name, 0))} {text}")

    def paint(self, text: str, colour: int) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text


async def pump(pipe: IO[bytes], write: Callable[[str], None]) -> None:
    """Hand on the lines of a pipe until it ends, a long one in pieces."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    rest = b""
    try:
        while chunk := await reader.read(65_536):
            *lines, rest = (rest + chunk).split(b"\n")
            if len(rest) > _LONGEST_LINE:
                lines, rest = [*lines, rest], b""
            for line in lines:
                _write(line, write)
        if rest:
            _write(rest, write)
    finally:
        transport.close()


def _write(line: bytes, write: Callable[[str], None]) -> None:
    text = line.decode(errors="replace").rstrip("\r")
    for start in range(0, max(len(text), 1), _LONGEST_LINE):
        write(text[start : start + _LONGEST_LINE])
