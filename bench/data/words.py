"""The words that names and titles are made of, with the keys that names are ordered by."""

from __future__ import annotations

from crm.text import fold

FIRST_NAMES = """
Anna Jürgen Zoë Björn Ömer Sören Käthe François Łukasz Élodie Günther Ingrid James Olivia Noah Emma William Charlotte
Jörg Heike Thomas Sabine Ayşe Marek Oliver Grace Henry Amelia Uwe Renate Mustafa Aïcha Stefan Petra Michael Claudia
""".split()
LAST_NAMES = """
Müller Schmidt Schröder Größe Weiß Jäger Köhler Böhm Vogt Kühn Groß Öztürk Nowák Smith Jones Taylor Brown O'Neill
Williams Davies Evans Fischer Weber Schäfer Krüger Hartmann Lange Werner Krause Lehmann Maier Huber Bauer Voß Łaski
""".split()
TRADES = """
Maschinenbau Logistik Elektrotechnik Werkzeuge Medizintechnik Küchen Tiefbau Software Consulting Engineering Systems
Analytics Foods Brauerei Druckerei Möbel Energie Robotics
""".split()
FORMS = ["GmbH", "AG", "GmbH & Co. KG", "e. K.", "Ltd", "Inc.", "SE", "UG (haftungsbeschränkt)"]
PRODUCTS = [
    "Höhenverstellbare Tische", "CNC retrofit", "Fleet tracking", "Spare parts, yearly", "Lagerverwaltung",
    "Patient terminals", "Kühlhaus-Sensorik", "Reception software", "Schulung für Monteure", "Workshop stands",
    "Förderband, 40 m", "Backup and restore", "Wartungsvertrag", "Pumps", "Messestand", "Laser cutter",
]  # fmt: skip
JOBS = ["Geschäftsführerin", "Head of Procurement", "Einkäufer", "CTO", "Werksleiter", "Office Manager"]
SOURCES = ["form", "mail", "Messe Hannover", "phone", "Empfehlung"]
CURRENCIES = ["EUR"] * 12 + ["USD"] * 3 + ["GBP"] * 2 + ["CHF", "JPY", "KWD"]
"""As often as they are named here; two of them have no two decimal places."""


def folded(words: list[str]) -> list[str]:
    """What each word adds to a name's key: ``crm.text.fold`` of words that stand apart is that of the whole name."""
    return [fold(word) for word in words]
