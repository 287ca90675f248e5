"""Telling a fault in a log without telling what strangers and members wrote."""

from __future__ import annotations

import traceback


def described(error: BaseException) -> str:
    """The fault's types, PostgreSQL's code and constraint, and where it happened; never its text.

    Texts of exceptions hold values: a name that was too long, an address that was there already.
    """
    chain: list[str] = []
    link: BaseException | None = error
    while link is not None and len(chain) < 5:
        details = [str(found) for name in ("sqlstate", "constraint_name") if (found := getattr(link, name, None))]
        chain.append(type(link).__name__ + (f" ({', '.join(details)})" if details else ""))
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    frames = traceback.extract_tb(error.__traceback__)
    where = "".join(f"\n  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:])
    return " from ".join(chain) + where
