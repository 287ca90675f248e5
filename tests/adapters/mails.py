"""Mails for tests, made of their headers and body."""


def mail(body: str | bytes = "Hallo", *, subject: str = "Anfrage", sender: str = "a@b.de", **headers: str) -> bytes:
    """A mail as bytes; header names are given with underscores."""
    lines = {"From": sender, "Subject": subject} | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\n" for name, value in lines.items() if value)
    return head.encode() + b"\n" + (body.encode() if isinstance(body, str) else body)
