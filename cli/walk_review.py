"""The end of the walk: what Anbahn remembers of it, and the board."""

from __future__ import annotations

from decimal import Decimal

from cli.walk_board import board
from cli.walk_client import Client, Json
from cli.walk_inquiry import Inquiry
from cli.walk_steps import Scene


def show_history(client: Client, inquiry: Inquiry, mail_id: str, lead_id: str, deal_id: str) -> None:
    """What was read in the mail and decided, and what happened since."""
    story = client.story
    story.step("Why is this lead there, and what happened since?")
    document = """query ($mail: ID!, $lead: ID!, $deal: ID!) {
      mail: node(id: $mail) { ... on InboundMessage { state attempts deliveries size trace } }
      lead: node(id: $lead) { ... on Lead { timeline { nodes { id kind at summary body member { name } } } } }
      deal: node(id: $deal) { ... on Deal { leads { nodes { id state } } timeline { nodes { id } } } }
    }"""
    data = client.ask(document, lines=12, mail=mail_id, lead=lead_id, deal=deal_id)
    mail, lead, deal = data["mail"], data["lead"], data["deal"]
    story.say()
    story.say("What was read in the mail, and why:", indent=4)
    for sentence in mail["trace"]:
        story.say(f"· {sentence}", indent=6)
    story.say()
    story.say("The lead's timeline, latest first:", indent=4)
    for entry in lead["timeline"]["nodes"]:
        who = f" ({entry['member']['name']})" if entry["member"] else ""
        story.say(f"{entry['at'][11:19]}  {entry['kind']:<7} {entry['summary']}{who}", indent=6)
    story.say()
    story.check("the decision is explained", bool(mail["trace"]), wanted="a sentence at least", got=mail["trace"])
    of_lead, of_deal = lead["timeline"]["nodes"], deal["timeline"]["nodes"]
    written = [entry for entry in of_lead if entry["kind"] == "email" and inquiry.mark in (entry["body"] or "")]
    story.equal("the mail itself is in the lead's timeline, once", len(written), 1)
    text = written[0]["body"]
    story.check("its text is whole, without quoted-printable", "Süßkirschen" in text, wanted="Süßkirschen", got=text)
    lost = [entry["summary"] for entry in of_lead if entry["id"] not in {of["id"] for of in of_deal}]
    story.equal("the deal's timeline has all of the lead's", lost, [])
    story.equal("the converted lead is still there", deal["leads"]["nodes"], [{"id": lead_id, "state": "CONVERTED"}])


def show_board(client: Client, scene: Scene, deal_id: str) -> None:
    """The board as a table; counts and sums are held against the cards."""
    story = client.story
    story.step("The board")
    document = """{ pipelines { name stages {
      id name kind probability
      totals { count amounts { amount currency } }
      deals(first: 50) { nodes { id title amount { amount currency } } pageInfo { hasNextPage } }
    } } }"""
    data = client.ask(document, lines=12)
    shown = next(p for p in data["pipelines"] if scene.won["id"] in [stage["id"] for stage in p["stages"]])
    for line in board(shown["stages"], deal_id):
        story.say(line, indent=4)
    story.say()
    where = [stage["id"] for stage in shown["stages"] if deal_id in [card["id"] for card in stage["deals"]["nodes"]]]
    story.equal("the deal (★) stands in one column only, the won one", where, [scene.won["id"]])
    for stage in shown["stages"]:
        if not stage["deals"]["pageInfo"]["hasNextPage"]:
            story.equal(f"count and sums of “{stage['name']}” are those of its cards", *_totals(stage))


def _totals(stage: Json) -> tuple[Json, Json]:
    """What the stage says, and what its cards say."""
    cards = stage["deals"]["nodes"]
    sums: dict[str, Decimal] = {}
    for card in cards:
        if card["amount"]:
            currency = card["amount"]["currency"]
            sums[currency] = sums.get(currency, Decimal(0)) + Decimal(card["amount"]["amount"])
    said = [(entry["currency"], Decimal(entry["amount"])) for entry in stage["totals"]["amounts"]]
    return (stage["totals"]["count"], sorted(said)), (len(cards), sorted(sums.items()))
