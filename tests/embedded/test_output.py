"""What parts say arrives line by line, however long a line is."""

from __future__ import annotations

import io
import os

from embedded.output import Output, pump


async def test_long_and_unfinished_and_broken_lines_arrive() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as pipe:
        pipe.write(b"one\r\n\n" + b"y" * 40_000 + b"\n\xff\nlast")
        pipe.flush()
        heard: list[str] = []
    await pump(os.fdopen(reading, "rb"), heard.append)
    assert heard[:2] == ["one", ""]
    assert "".join(heard[2:]) == "y" * 40_000 + "\N{REPLACEMENT CHARACTER}last"
    assert max(map(len, heard)) <= 16_384


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_colours_are_for_terminals_that_want_them() -> None:
    for stream, environ, coloured in (
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (io.StringIO(), {}, False),
    ):
        Output(stream, environ).line("api", "hello")
        assert ("\x1b[" in stream.getvalue()) is coloured
        assert "api     |" in stream.getvalue()


def test_a_reader_that_has_gone_does_not_stop_the_run() -> None:
    class Gone(io.StringIO):
        def flush(self) -> None:
            raise BrokenPipeError

    output = Output(Gone(), {})
    output.say("nobody listens")
    output.say("still nobody")
