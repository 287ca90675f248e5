"""Who writes in this walk, and what: one person, who was never here before, fills in a form and sends a mail."""

from __future__ import annotations

import secrets
import urllib.parse
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid

PERSON = "Jörg Grünwälder"
FORM_MEDIA_TYPE = "application/x-www-form-urlencoded"
MAIL_MEDIA_TYPE = "message/rfc822"

_TEXT = """\
Guten Tag,

für unseren Umbau im Frühjahr suchen wir zwölf höhenverstellbare Tische,
möglichst aus Eiche geölt. Können Sie uns dafür ein Angebot machen?
Wir hätten etwa 18.400 € vorgesehen, geliefert werden müsste bis Ende März.

Unser Zeichen: {mark}

Mit freundlichen Grüßen
Jörg Grünwälder

-- 
Grünwälder Möbelwerkstätten GmbH · Einkauf
Straße der Süßkirschen 7, 10999 Berlin · Tel. +49 30 23125 210
"""  # noqa: W291  (a signature begins with "-- ", RFC 3676 section 4.3)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """One walk's messages; ``mark`` makes person and words its own."""

    mark: str = field(default_factory=lambda: secrets.token_hex(4))

    @property
    def domain(self) -> str:
        return f"gruenwaelder-{self.mark}.example"

    @property
    def address(self) -> str:
        return f"joerg@{self.domain}"

    @property
    def mail_subject(self) -> str:
        return f"Angebot für zwölf höhenverstellbare Tische ({self.mark})"

    def form_fields(self) -> dict[str, str]:
        """What the visitor typed, under the names of a German website's fields.

        The number is one of those that the Bundesnetzagentur keeps free for stories: (0)30 23125-000 to -999.
        """
        return {
            "vorname": "Jörg",
            "nachname": "Grünwälder",
            "firma": f"Grünwälder Möbelwerkstätten {self.mark} GmbH",
            "e-mail": self.address,
            "telefon": "030 23125-210",
            "betreff": f"Rückruf zu Ihrem Musterkoffer {self.mark}",
            "nachricht": "Können Sie uns den Musterkoffer für zwei Wochen überlassen? Wir melden uns dann.",
            "utm_source": "newsletter",
        }

    def form(self) -> bytes:
        """The form's body, as a browser encodes it."""
        return urllib.parse.urlencode(self.form_fields()).encode()

    def mail(self) -> bytes:
        """The mail as it stands on the wire: encoded headers, plain text and HTML."""
        text = _TEXT.format(mark=self.mark)
        message = EmailMessage(policy=SMTP)
        message["Received"] = (
            f"from mx.{self.domain} (mx.{self.domain} [198.51.100.7]) "
            f"by mx.example.com with ESMTPS id {self.mark}; {format_datetime(datetime.now(UTC))}"
        )
        message["From"] = Address(PERSON, addr_spec=self.address)
        message["To"] = Address("Vertrieb", addr_spec="vertrieb@example.com")
        message["Subject"] = self.mail_subject
        message["Date"] = datetime.now(UTC)
        message["Message-ID"] = make_msgid(domain=self.domain)
        message.set_content(text, cte="quoted-printable")
        paragraphs = "".join(f"<p>{part.strip()}</p>" for part in text.replace("-- \n", "").split("\n\n"))
        message.add_alternative(f"<html><body>{paragraphs}</body></html>", subtype="html", cte="quoted-printable")
        return message.as_bytes()

    def relayed(self, mail: bytes) -> bytes:
        """The same mail as a second relay delivers it: with one more header on top."""
        stamp = f"Received: from mx.example.com by backup.example.com; {format_datetime(datetime.now(UTC))}\r\n"
        return stamp.encode() + mail
