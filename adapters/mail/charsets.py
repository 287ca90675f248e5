"""Bytes to text: by the declared charset where it is true, else by what the bytes show. Never raises.

Charset names come from strangers and Python's codec registry is no place for them: it raises on some (a NUL in the
name) and accepts others that are no charsets or dangerous ones (utf-7, unicode_escape, idna, zip). So: an allow-list.
"""

from __future__ import annotations

import re

# By the names mail really uses, letters and digits only. Latin-1 and ASCII are read as cp1252, the superset senders
# mean, and national charsets as the supersets their vendors ship (both as the WHATWG Encoding Standard does).
_CODECS = {
    "cp1252": "usascii ascii ansix341968 iso646us us iso88591 latin1 l1 iso885911987 cp819 windows1252 cp1252 ansi",
    "utf-8": "utf8 utf utf8mb4 unicode11utf8 cp65001 xunknown utf8bom",
    "iso8859-2": "iso88592 latin2",
    "iso8859-3": "iso88593 latin3",
    "iso8859-4": "iso88594 latin4",
    "iso8859-5": "iso88595 cyrillic",
    "iso8859-6": "iso88596 arabic",
    "iso8859-7": "iso88597 greek",
    "iso8859-8": "iso88598 iso88598i hebrew",
    "cp1254": "iso88599 latin5 windows1254 cp1254 turkish",
    "iso8859-10": "iso885910 latin6",
    "cp874": "iso885911 tis620 windows874 cp874",
    "iso8859-13": "iso885913 latin7",
    "iso8859-14": "iso885914 latin8",
    "iso8859-15": "iso885915 latin9 latin0",
    "iso8859-16": "iso885916 latin10",
    "cp1250": "windows1250 cp1250",
    "cp1251": "windows1251 cp1251",
    "cp1253": "windows1253 cp1253",
    "cp1255": "windows1255 cp1255",
    "cp1256": "windows1256 cp1256",
    "cp1257": "windows1257 cp1257",
    "cp1258": "windows1258 cp1258",
    "cp437": "cp437 ibm437",
    "cp850": "cp850 ibm850",
    "cp858": "cp858 ibm858",
    "cp866": "cp866 ibm866",
    "koi8-r": "koi8r koi8",
    "koi8-u": "koi8u",
    "mac_roman": "macintosh macroman xmacroman mac",
    "gb18030": "gb2312 gbk gb18030 cp936 windows936 xgbk euccn gb231280",
    "big5hkscs": "big5 big5hkscs xxbig5 cnbig5",
    "cp950": "cp950 windows950",
    "cp932": "shiftjis xsjis sjis shiftjisx0213 mskanji cp932 windows31j windows932",
    "euc_jp": "eucjp xeucjp",
    "iso2022_jp_ext": "iso2022jp iso2022jpms iso2022jp1 iso2022jp2 iso2022jp3 cp50220 cp50221 csiso2022jp",
    "cp949": "euckr ksc56011987 ksc5601 cp949 windows949 uhc",
    "iso2022_kr": "iso2022kr",
    "utf-16": "utf16 unicode ucs2",
    "utf-16-le": "utf16le",
    "utf-16-be": "utf16be",
    "utf-32": "utf32",
}
_ALIASES = {alias: codec for codec, aliases in _CODECS.items() for alias in aliases.split()}
# Charsets that people's programs declare without looking; the bytes may be something else.
_CARELESS = frozenset({"cp1252", "iso8859-15"})

_NOT_NAME = re.compile(r"[^a-z0-9]")
# The escapes of ISO-2022-JP (RFC 1468) and its kin: seven-bit text that no other charset explains.
_ISO_2022_JP = re.compile(rb"\x1b(?:\$[@B]|\([JI]|\$\(D)")
_KANA = re.compile(r"[\u3041-\u3093\u30a1-\u30f6]")
# The commonest characters of Chinese in both scripts: a text of some length has many, bytes that happen to decode few.
_COMMON_HANZI = re.compile(
    "[的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也你对生能而子那得于下自之您请公司"
    "這個們來為國說時會對於請]"
)
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")
_SAMPLE = 64 * 1024


def codec(name: str) -> str | None:
    """Python's codec for a declared charset; None where the name is unknown or refused."""
    return _ALIASES.get(_NOT_NAME.sub("", name[:80].lower()))


def decode(data: bytes, declared: str | None = None) -> tuple[str, str]:
    """The text and the charset it was read by. Bytes that mean nothing become U+FFFD or fall away; nothing raises."""
    found = codec(declared) if declared else None
    # The escape sequences first: the text is valid ASCII as well, and so would pass for anything.
    if _ISO_2022_JP.search(data[:_SAMPLE]) and (text := _strict(data, "iso2022_jp_ext")) is not None:
        return text, "iso-2022-jp"
    if found is None or found == "utf-8" or found in _CARELESS:
        return _undeclared(data, found or "utf-8")
    if (text := _strict(data, found)) is not None:
        return text, found
    if (text := _strict(data, "utf-8")) is not None:
        return text, "utf-8"
    # Mostly right is better than wholly other: a cut or damaged text keeps its declared charset.
    text = data.decode(found, "replace")
    return (text, found) if _is_mostly_right(text) else _undeclared(data, "utf-8")


def _undeclared(data: bytes, declared: str) -> tuple[str, str]:
    """Bytes whose charset is unknown, or declared as one that is often declared falsely."""
    if (text := _strict(data, "utf-8")) is not None:
        return text.removeprefix("\ufeff"), "us-ascii" if data.isascii() else "utf-8"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff") and (wide := _strict(data, "utf-16")) is not None:
        return wide, "utf-16"
    if declared == "utf-8" and _is_mostly_right(repaired := data.decode("utf-8", "replace")):
        return repaired, "utf-8"
    if (east := _east_asian(data)) is not None:
        return east
    if declared == "iso8859-15":
        return data.decode("iso8859-15"), "iso-8859-15"
    # cp1252 leaves five bytes undefined; Latin-1 makes controls of them, which cleaning takes out.
    western = _strict(data, "cp1252")
    return (data.decode("latin-1") if western is None else western), "windows-1252"


def _east_asian(data: bytes) -> tuple[str, str] | None:
    """Japanese or Chinese under a false flag: where the bytes decode and the result has the language's marks."""
    sample = data[:_SAMPLE]
    high = len(sample) - len(sample.translate(None, bytes(range(0x80, 0x100))))
    if high * 5 < len(sample):
        return None  # western text has few bytes beyond ASCII
    found: tuple[int, str, str] | None = None
    for name, marks in (("cp932", _KANA), ("euc_jp", _KANA), ("gb18030", _COMMON_HANZI), ("big5hkscs", _COMMON_HANZI)):
        text = _strict(data, name)
        score = 0 if text is None else len(marks.findall(text[:_SAMPLE]))
        if text is not None and score * 12 > high and (found is None or score > found[0]):
            found = score, text, {"cp932": "shift_jis", "euc_jp": "euc-jp", "big5hkscs": "big5"}.get(name, name)
    return None if found is None else (found[1], found[2])


def _is_mostly_right(text: str) -> bool:
    """Whether replacement characters are the exception among what is not ASCII."""
    bad = text.count("\ufffd")
    return bad == 0 or sum(map(len, _NOT_ASCII.findall(text))) > 2 * bad


def _strict(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except ValueError:  # UnicodeDecodeError, and what a codec itself finds wrong
        return None
