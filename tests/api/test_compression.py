"""Answers are compressed for those who take it, and for nobody else."""

from __future__ import annotations

import gzip
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.compression import SMALLEST, compress, encode, negotiated


@pytest.mark.parametrize(
    "accept_encoding",
    [
        "gzip",
        "GZip",
        "x-gzip",
        "gzip, deflate, br, zstd",
        "deflate,gzip;q=1.0,*;q=0.5",
        "br;q=1.0, gzip;q=0.8, *;q=0.1",
        "gzip ; q=0.5",
        "gzip;Q=0.001",
        "gzip;q=1.",
        "*",
        "*;q=0.5",
        "identity;q=0, *",
        "identity;q=0, gzip;q=0.1",
        "identity;q=0.5, gzip;q=0.5",
        "br;q=0, gzip",
        ",, gzip ,",
        "???;q=x, gzip",
    ],
)
def test_gzip_is_for_whoever_takes_it(accept_encoding: str) -> None:
    assert negotiated(accept_encoding)


@pytest.mark.parametrize(
    "accept_encoding",
    [
        "",
        " ",
        ",",
        "br, deflate",
        "identity",
        "gzip;q=0",
        "gzip;q=0.000",
        "gzip;q=0, *",
        "x-gzip;q=0, *",
        "*;q=0",
        "identity;q=0",
        "identity, gzip;q=0.5",
        "gzipped",
        "gzip;q=2",
        "gzip;q=-1",
        "gzip;q=0.1234",
        "gzip;q=",
        "gzip;level=9",
        "gzip deflate",
        "gzip," * 101,
    ],
)
def test_it_is_for_nobody_else(accept_encoding: str) -> None:
    """Also not for a client that would rather have the plain answer, nor for one whose header cannot be read."""
    assert not negotiated(accept_encoding)


@given(st.text(max_size=200))
def test_any_header_is_answered(accept_encoding: str) -> None:
    assert negotiated(accept_encoding) in {True, False}


@given(st.binary(max_size=5000), st.integers(1, 50))
def test_what_was_compressed_is_read_back_by_any_reader(part: bytes, times: int) -> None:
    body = part * times
    assert gzip.decompress(compress(body)) == body
    assert compress(body) == compress(body)


def test_a_large_answer_is_read_back_too() -> None:
    body = os.urandom(3_000_000) + b"x" * 3_000_000
    assert gzip.decompress(compress(body)) == body


def test_an_answer_says_what_it_is_and_on_what_that_depends() -> None:
    body = b'{"data": 1}' * 200
    compressed, headers = encode("gzip", body)
    assert gzip.decompress(compressed) == body
    assert len(compressed) < len(body) / 10
    assert headers == {"Vary": "Accept-Encoding", "Content-Encoding": "gzip"}
    assert encode("br", body) == (body, {"Vary": "Accept-Encoding"})
    assert encode("", body) == (body, {"Vary": "Accept-Encoding"})


def test_a_small_answer_is_the_same_for_everybody() -> None:
    assert encode("gzip", b"x" * (SMALLEST - 1)) == (b"x" * (SMALLEST - 1), {})
    assert encode("gzip", b"x" * SMALLEST)[1]["Content-Encoding"] == "gzip"
