"""HTML mail as plain text: what a reader would see, in one pass that is linear in the size of whatever is given.

Not on the stdlib's ``html.parser``: 256 KB of ``<a `` or ``<!--`` hold it for more than 8 s on CPython 3.11.7 (it looks
for each missing end again from every start, gh-135462). Here an end that is missing is looked for once.
"""

from __future__ import annotations

import html
import re

MAX_VISIBLE = 256 * 1024
"""The most characters of text and tags that are read; styles, scripts, comments and long attributes do not count."""
_TAG_COST = 200
"""No tag counts for more: pictures stand as data in attributes."""

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_IN_TAG = re.compile(r"""[>"']""")
_INVISIBLE = frozenset({"script", "style", "title", "template", "object", "svg"})
_PARAGRAPH = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "ul", "ol", "dl", "pre", "table", "hr"})
_BLOCK = _PARAGRAPH | frozenset(
    {"address", "article", "aside", "body", "br", "center", "dd", "div", "dt", "fieldset", "figure", "footer", "form"}
    | {"head", "header", "html", "li", "main", "nav", "option", "section", "tbody", "thead", "tfoot", "tr", "caption"}
)
_CELL = frozenset({"td", "th"})
_HUGE_REFERENCE = re.compile(r"&#[0-9]{20,};?")
_BLANKS = re.compile(r"[ \t\n\r\f\v\xa0]+")
_MANY_LINE_ENDS = re.compile(r"\n{3,}")


def to_text(markup: str) -> tuple[str, bool]:
    """The visible text with newlines for blocks, and whether all of it was read; never raises."""
    reader = _Reader(markup)
    reader.read()
    text = "\n".join(line.strip(" ") for line in "".join(reader.out).split("\n"))
    return _MANY_LINE_ENDS.sub("\n\n", text).strip(), not reader.cut


class _Reader:
    """A place in the markup that only moves forward, and the text so far."""

    def __init__(self, markup: str) -> None:
        self.markup = markup
        self.position = 0
        self.out: list[str] = []
        self.cut = False
        self._spent = 0
        self._preformatted = 0
        self._missing: set[str] = set()

    def read(self) -> None:
        """Read to the end, or to the limit."""
        while self.position < len(self.markup):
            if self._spent > MAX_VISIBLE:
                self.cut = True
                return
            opened = self.markup.find("<", self.position)
            if opened != self.position:
                self._text(opened if opened >= 0 else len(self.markup))
            elif self.markup.startswith("<!--", opened):
                self._comment()
            elif self.markup.startswith(("<!", "<?"), opened):
                self._past(">", opened + 2)
            elif tag := _TAG.match(self.markup, opened):
                self._tag(tag)
            else:
                self.out.append("<")
                self._spent += 1
                self.position += 1

    def _text(self, end: int) -> None:
        chunk = self.markup[self.position : min(end, self.position + MAX_VISIBLE)]
        self.cut |= end - self.position > MAX_VISIBLE
        self._spent += len(chunk)
        self._emit(chunk)
        self.position = end

    def _emit(self, chunk: str) -> None:
        try:
            text = html.unescape(chunk)
        except ValueError:  # a character reference of more digits than CPython's int() takes (4,300)
            text = html.unescape(_HUGE_REFERENCE.sub("\ufffd", chunk))
        if not self._preformatted:
            text = _BLANKS.sub(" ", text)
            if self.out and self.out[-1].endswith((" ", "\n")):
                text = text.removeprefix(" ")
        if text:
            self.out.append(text)

    def _comment(self) -> None:
        # A comment that never ends would hide all that follows: then it is no comment.
        self._past("-->", self.position + 4)

    def _past(self, end: str, start: int) -> None:
        """Pass over what ends with these characters; where the end is missing, only over its beginning."""
        found = -1 if end in self._missing else self.markup.find(end, start)
        if found < 0:
            self._missing.add(end)
        after = start if found < 0 else found + len(end)
        self._spent += min(after - self.position, _TAG_COST)
        self.position = after

    def _tag(self, tag: re.Match[str]) -> None:
        closing, name = bool(tag[1]), tag[2].lower()
        after = self._end_of_tag(tag.end())
        self._spent += min(after - self.position, _TAG_COST)
        self.position = after
        if name in _INVISIBLE and not closing:
            self._skip(name)
        elif name == "pre":
            self._preformatted = max(0, self._preformatted + (-1 if closing else 1))
            self.out.append("\n\n")
        elif name in _PARAGRAPH:
            self.out.append("\n\n")
        elif name in _CELL and not closing:
            self.out.append(" ")
        elif name in _BLOCK:
            self._line_end(name, closing=closing)

    def _line_end(self, name: str, *, closing: bool) -> None:
        # "</br>" is an error that browsers show as a line end; other closing tags end the line that is begun.
        if name == "br" or not (self.out and self.out[-1].endswith("\n")):
            self.out.append("\n")
        if name == "li" and not closing:
            self.out.append("- ")

    def _end_of_tag(self, position: int) -> int:
        """Behind the tag's ">", where one in an attribute's quotes does not count."""
        if ">" in self._missing:
            return position
        start = position
        while mark := _IN_TAG.search(self.markup, position):
            position = mark.end()
            if mark[0] == ">":
                return position
            # A quote quotes only behind "=": "<p title=it's>" has none.
            if mark[0] in self._missing or not self.markup[
                max(start, mark.start() - 8) : mark.start()
            ].rstrip().endswith("="):
                continue
            end = self.markup.find(mark[0], position)
            if end < 0:
                self._missing.add(mark[0])
            else:
                position = end + 1
        self._missing.add(">")
        return start

    def _skip(self, name: str) -> None:
        """Pass over the content of an element that is not shown; one that never ends hides nothing."""
        end = f"</{name}"
        if end in self._missing:
            return
        found = re.compile(end, re.IGNORECASE | re.ASCII).search(self.markup, self.position)
        if found:
            self.position = found.start()
        else:
            self._missing.add(end)
