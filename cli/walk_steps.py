"""The steps of ``anbahn walk`` from the first look to the won deal. Each tells what it does and checks what came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime

from cli.walk_client import Client, Json
from cli.walk_inquiry import FORM_MEDIA_TYPE, MAIL_MEDIA_TYPE, PERSON, Inquiry
from cli.walk_story import fail

_LEAD = "id version state qualification { answered met }"
_ERRORS = "userErrors { code message field }"
_ANSWER = f"""
mutation ($input: AnswerQualificationInput!) {{
  answerQualification(input: $input) {{ lead {{ {_LEAD} qualifiedAt qualifiedBy {{ name }} }} {_ERRORS} }}
}}"""
_CONVERT = f"""
mutation ($input: ConvertLeadInput!) {{
  convertLead(input: $input) {{
    alreadyConverted
    lead {{ state }}
    deal {{ id version title status probability amount {{ amount currency }} expectedCloseDate source
            stage {{ id name }} contact {{ name }} }}
    {_ERRORS}
  }}
}}"""


@dataclass(frozen=True, slots=True)
class Scene:
    """What the walk finds at the beginning."""

    form_path: str
    mail_path: str
    mail_secret: str
    target: Json
    """The stage into which the lead is dropped."""
    won: Json


def look_around(client: Client) -> Scene:
    """Find the form's address, the mailbox's secret, and the stages by their kind."""
    story = client.story
    story.step("Look around", "All that is needed is the bearer key; addresses and ids are asked for.")
    data = client.ask("""{
      channels { name kind ingressUrl secret }
      pipelines { name stages { id name kind probability } }
    }""")
    channels = {channel["kind"]: channel for channel in reversed(data["channels"])}
    story.check("there is a form and a mailbox", {"FORM", "MAIL"} <= set(channels), wanted="both", got=data["channels"])
    boards = [board["stages"] for board in data["pipelines"]]
    usable = [board for board in boards if {"OPEN", "WON"} <= {stage["kind"] for stage in board}]
    story.check("there is a board with open stages and one for won deals", bool(usable), wanted="a board", got=boards)
    stages = usable[0]
    return Scene(
        form_path=_path(channels["FORM"]["ingressUrl"]),
        mail_path=_path(channels["MAIL"]["ingressUrl"]),
        mail_secret=channels["MAIL"]["secret"],
        target=[stage for stage in stages if stage["kind"] == "OPEN"][:2][-1],
        won=next(stage for stage in stages if stage["kind"] == "WON"),
    )


def post_form(client: Client, scene: Scene, inquiry: Inquiry) -> str:
    """Post the contact form, twice; the message's id."""
    story = client.story
    story.step("A visitor sends the contact form", "No credential: the form's address is its key.")
    shown = "\n".join(f"{name}={value}" for name, value in inquiry.form_fields().items())
    headers = {"content-type": FORM_MEDIA_TYPE}
    first = client.post(scene.form_path, headers, inquiry.form(), bearer=None, shown=shown)
    story.equal("it is new", first["duplicate"], False)
    story.say()
    story.say("The visitor clicks a second time.", indent=4)
    again = client.post(scene.form_path, headers, inquiry.form(), bearer=None, shown="(the same)")
    story.equal("the same message answers, as a duplicate", again, {"id": first["id"], "duplicate": True})
    return str(first["id"])


def post_mail(client: Client, scene: Scene, inquiry: Inquiry) -> str:
    """Post a real mail, twice; the message's id."""
    story = client.story
    story.step("The same person writes a mail", "As a mail server hands it over, with the mailbox's secret.")
    mail = inquiry.mail()
    headers, secret = {"content-type": MAIL_MEDIA_TYPE}, scene.mail_secret
    first = client.post(scene.mail_path, headers, mail, bearer=secret, shown=mail.decode("ascii"))
    story.equal("it is new", first["duplicate"], False)
    story.say()
    story.say("The mail server tries once more, by way of its backup relay.", indent=4)
    copy = inquiry.relayed(mail)
    shown = copy.decode("ascii").split("\r\n", 1)[0] + "\n(and the same below it)"
    again = client.post(scene.mail_path, headers, copy, bearer=secret, shown=shown)
    story.equal("the same message answers, as a duplicate", again, {"id": first["id"], "duplicate": True})
    return str(first["id"])


def wait_for_leads(client: Client, inquiry: Inquiry, form_id: str, mail_id: str) -> Json:
    """Wait until both messages have become leads; the lead of the mail, with its contact."""
    story = client.story
    story.step("Both become leads by themselves")

    def both(data: Json) -> list[Json] | None:
        for message in data["nodes"]:
            if message is None or message["state"] in {"IGNORED", "QUARANTINED"}:
                fail("the messages are filed", wanted="PROCESSED", got=message)
        return data["nodes"] if all(message["state"] == "PROCESSED" for message in data["nodes"]) else None

    document = """query ($ids: [ID!]!) { nodes(ids: $ids) { ... on InboundMessage {
      state deliveries
      lead { id version state title source contact { id name emails leads { totalCount } } }
    } } }"""
    form, mail = client.ask_until(both, "both messages are filed", document, ids=[form_id, mail_id])
    for message, source, title in (
        (form, "form", inquiry.form_fields()["betreff"]),
        (mail, "mail", inquiry.mail_subject),
    ):
        lead = message["lead"]
        seen = (lead["state"], lead["source"], lead["title"], message["deliveries"])
        story.equal(f"the {source} is a NEW lead with its subject, delivered twice", seen, ("NEW", source, title, 2))
    contact = mail["lead"]["contact"]
    story.equal("both belong to one contact", form["lead"]["contact"]["id"], contact["id"])
    story.equal("its name and address are right, umlauts and all", [contact["name"], *contact["emails"]], [
        PERSON,
        inquiry.address,
    ])  # fmt: skip
    story.equal("it has two leads, not four", contact["leads"]["totalCount"], 2)
    return mail["lead"]


def answer_bant(client: Client, lead: Json) -> Json:
    """Answer BANT until the lead qualifies by itself; the lead as it is then."""
    story = client.story
    story.step("Answer BANT", "Budget, Authority, Need, Timeframe: with the fourth the lead qualifies by itself.")
    person, by = lead["contact"]["id"], date(datetime.now(UTC).year + 1, 3, 31).isoformat()
    need = {"criterion": "NEED", "state": "MET", "text": "Twelve height-adjustable desks, oiled oak"}
    rest: list[Json] = [
        {"criterion": "BUDGET", "state": "MET", "amount": {"amount": "18400.00", "currency": "EUR"}},
        {"criterion": "AUTHORITY", "state": "MET", "decisionMakerId": person, "budgetHolderId": person},
        {"criterion": "TIMEFRAME", "state": "MET", "notAfter": by},
    ]
    first = _answer(client, lead, need)
    story.equal("NEW → PROSPECTING, 1 of 4", _progress(first), ("PROSPECTING", 1, 1))

    story.say()
    story.say("A colleague still sees the lead as it was before that.", indent=4)
    refused = _answer(client, lead, {"criterion": "NEED", "state": "NOT_MET"}, refusal="STALE_VERSION")
    story.equal("refused: STALE_VERSION, with the lead as it is now, unchanged", refused, first)

    current = first
    for number, answer in enumerate(rest, start=2):
        story.say()
        current = _answer(client, current, answer)
        state = "QUALIFIED" if number == 4 else "PROSPECTING"
        story.equal(f"{state}, {number} of 4", _progress(current), (state, number, number))
    by_itself = current["qualifiedAt"] is not None and current["qualifiedBy"] is None
    story.check("nobody qualified it: its answers did", by_itself, wanted="a time and no member", got=current)
    return {**current, "by": by}


def convert(client: Client, scene: Scene, lead: Json, inquiry: Inquiry) -> Json:
    """Drop the lead between two cards, twice; the deal."""
    story, stage = client.story, scene.target
    story.step(f"Drag the lead onto the board, into “{stage['name']}”, between two cards")
    left = _card(client, stage, f"Left neighbour {inquiry.mark}", {"first": True})
    right = _card(client, stage, f"Right neighbour {inquiry.mark}", {"after": left["id"]})
    drop = {
        "id": lead["id"],
        "stageId": stage["id"],
        "place": {"after": left["id"]},
        "expectedVersion": lead["version"],
    }
    converted = _accepted(client.ask(_CONVERT, input=drop)["convertLead"])
    deal = converted["deal"]
    story.equal(
        "the lead is CONVERTED", (converted["lead"]["state"], converted["alreadyConverted"]), ("CONVERTED", False)
    )
    carried = (
        deal["title"],
        deal["amount"]["amount"],
        deal["expectedCloseDate"],
        deal["source"],
        deal["contact"]["name"],
    )
    wanted = (inquiry.mail_subject, "18400.00", lead["by"], "mail", PERSON)
    story.equal("title, budget, date, source and contact are carried over", carried, wanted)
    story.equal("its probability is the stage's", deal["probability"], stage["probability"])

    story.say()
    story.say("A second click.", indent=4)
    again = _accepted(client.ask(_CONVERT, input=drop)["convertLead"])
    same = (again["alreadyConverted"], again["deal"]["id"], again["deal"]["version"])
    story.equal("alreadyConverted, and the same deal, untouched", same, (True, deal["id"], deal["version"]))

    story.say()
    data = client.ask(
        "query ($id: ID!) { node(id: $id) { ... on Stage { deals { nodes { id title } } } } }", id=stage["id"]
    )
    ids = [card["id"] for card in data["node"]["deals"]["nodes"]]
    at = ids.index(left["id"]) if left["id"] in ids else 0
    story.equal("left card, new deal, right card", ids[at : at + 3], [left["id"], deal["id"], right["id"]])
    return deal


def win(client: Client, scene: Scene, deal: Json) -> None:
    """Move the deal to the stage of kind WON."""
    story = client.story
    story.step(f"Move the deal to “{scene.won['name']}”", "The stage is found by its kind, never by its name.")
    column = "{ name totals { count amounts { amount currency } } }"
    document = f"""
    mutation ($input: MoveDealInput!) {{
      moveDeal(input: $input) {{
        deal {{ id version status probability closedAt stage {{ id name }} }}
        fromStage {column} toStage {column} neighbourGone {_ERRORS}
      }}
    }}"""
    move = {"id": deal["id"], "stageId": scene.won["id"], "place": {"first": True}, "expectedVersion": deal["version"]}
    moved = _accepted(client.ask(document, input=move)["moveDeal"])
    won = moved["deal"]
    story.equal("it stands there", won["stage"]["id"], scene.won["id"])
    story.equal("it is WON, at 100 %", (won["status"], won["probability"]), ("WON", 100))
    story.check("closedAt is set", won["closedAt"] is not None, wanted="a time", got=won["closedAt"])


def _path(address: str) -> str:
    """The way on this server; where ANBAHN_PUBLIC_URL leads is a matter of whatever stands before it."""
    return "/ingress/" + address.partition("/ingress/")[2]


def _answer(client: Client, seen: Json, answer: Json, refusal: str | None = None) -> Json:
    """Answer one question of the lead as it was seen; the lead as it is then."""
    given = {"id": seen["id"], "answers": [answer], "expectedVersion": seen["version"]}
    payload = client.ask(_ANSWER, input=given)["answerQualification"]
    if refusal is None:
        return _accepted(payload)["lead"]
    codes = [error["code"] for error in payload["userErrors"]]
    if codes != [refusal] or payload["lead"] is None:
        fail(f"it is refused with {refusal}", wanted=[refusal], got=payload)
    return payload["lead"]


def _progress(lead: Json) -> tuple[str, int, int]:
    return lead["state"], lead["qualification"]["answered"], lead["qualification"]["met"]


def _card(client: Client, stage: Json, title: str, place: Json) -> Json:
    document = (
        f"mutation ($input: CreateDealInput!) {{ createDeal(input: $input) {{ deal {{ id title }} {_ERRORS} }} }}"
    )
    money = {"amount": "1000.00", "currency": "EUR"}
    given = {"title": title, "stageId": stage["id"], "place": place, "amount": money}
    return _accepted(client.ask(document, input=given)["createDeal"])["deal"]


def _accepted(payload: Json) -> Json:
    """The payload of a mutation that is not to be refused."""
    if payload["userErrors"]:
        fail("the mutation is accepted", wanted="no userErrors", got=payload["userErrors"])
    return payload
