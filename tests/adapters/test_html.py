"""HTML mail reads as its reader would see it, and no markup takes long."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mail.html import MAX_VISIBLE, to_text


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<p>Hallo&nbsp;<b>Welt</b>,<br>wie geht&#39;s?</p><p>Gut</p>", "Hallo Welt,\nwie geht's?\n\nGut"),
        ("<div>eins</div><div>zwei</div>", "eins\nzwei"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ("<ul><li>eins<li>zwei</ul>", "- eins\n- zwei"),
        ("<pre>a\nb</pre>", "a\nb"),
        ('<a href="https://x.example">Link</a>', "Link"),
        ("<style>p{}</style><script>alert('<p>')</script><title>t</title>ja", "ja"),
        ("<!--[if mso]>nein<![endif]-->ja<![if !mso]>!<![endif]>", "ja!"),
        ("<img alt='a>b' src=x>ja", "ja"),
        ("<p title=it's>ja</p>", "ja"),
        ("3 < 4 & 5 > 4", "3 < 4 & 5 > 4"),
        ("ja<!-- never closed", "ja never closed"),
        ("ja<style>never closed", "janever closed"),
        ("ja <b", "ja"),
        ("&#x110000;&#55296;&bogus;&#" + "1" * 5_000, "��&bogus;�"),
        ("", ""),
    ],
)
def test_it_reads_as_seen(markup: str, expected: str) -> None:
    assert to_text(markup) == (expected, True)


def test_styles_comments_and_data_pictures_do_not_use_up_the_limit() -> None:
    long = "x" * MAX_VISIBLE
    assert to_text(f'<style>{long}</style><!--{long}--><img src="data:{long}">ja') == ("ja", True)


def test_what_is_longer_is_cut_and_said() -> None:
    text, whole = to_text("x" * (MAX_VISIBLE + 1) + "<p>y")
    assert (len(text), whole) == (MAX_VISIBLE, False)


@given(st.text("<>!-/=\"' &#;abpre\n", max_size=400))
def test_no_markup_raises(markup: str) -> None:
    to_text(markup)


@pytest.mark.parametrize(
    "unit",
    [
        "<a ",
        "<a",
        "<!--",
        "<![",
        "<!",
        "</",
        "&",
        "&#",
        "<?",
        '<a b="',
        "<div>",
        "<a='",
        "<style>",
        "<style",
        "<pre>",
        "<br>",
        " <b> ",
        "&#1",
        "<script></script>",
        "<!---->",
        "<a =\"'",
        "<li>",
        "</script>",
        "<pre>  ",
        "<",
    ],
)
def test_hostile_markup_takes_no_time(unit: str) -> None:
    begun = time.process_time()
    to_text(unit * (1024 * 1024 // len(unit)))
    to_text("<pre>" + " " * 262_000)
    assert time.process_time() - begun < 3
