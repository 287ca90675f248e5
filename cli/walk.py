"""``anbahn walk``: the whole way as an outsider goes it, over HTTP only, against a running instance."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping

import click
import httpx

import settings
from cli import faults, walk_review, walk_steps
from cli.run import api_url
from cli.walk_client import Client, connection
from cli.walk_inquiry import Inquiry
from cli.walk_story import CheckFailed, Story
from settings import Settings


@click.command()
def walk() -> None:
    """Walk through the product against a running instance; exits non-zero when anything is not as it should be."""
    config = settings.read()
    url, key = server_url(config), owner_key(config)
    story = Story()
    with connection(url) as http:
        knock(http, url, key)
        story.say(f"Walking through Anbahn at {url}", colour="1")
        try:
            go(Client(http, key, story))
        except CheckFailed as failed:
            story.failure(failed)
            click.echo(f"anbahn: the walk ended at step {story.steps}: {failed.claim}: not so", err=True)
            sys.exit(1)
    story.say()
    story.say(f"All is as it should be: {story.steps} steps, {story.checks} checks.", colour="1;32")


def go(client: Client) -> None:
    """All steps, in their order.

    Raises: CheckFailed at the first thing that is not as it should be.
    """
    inquiry = Inquiry()
    try:
        scene = walk_steps.look_around(client)
        form_id = walk_steps.post_form(client, scene, inquiry)
        mail_id = walk_steps.post_mail(client, scene, inquiry)
        lead = walk_steps.wait_for_leads(client, inquiry, form_id, mail_id)
        lead = walk_steps.answer_bant(client, lead)
        deal = walk_steps.convert(client, scene, lead, inquiry)
        walk_steps.win(client, scene, deal)
        walk_review.show_history(client, inquiry, mail_id, lead["id"], deal["id"])
        walk_review.show_board(client, scene, deal["id"])
    except httpx.HTTPError as error:
        raise CheckFailed("the server answers", "an answer", f"{type(error).__name__}: {error}") from error
    except (KeyError, IndexError, TypeError) as error:
        # GraphQL's types make this all but impossible; whatever stands at that port need not be Anbahn.
        raise CheckFailed("the answer has the promised fields", "the schema's", repr(error)) from error


def server_url(config: Settings, environ: Mapping[str, str] = os.environ) -> str:
    """Where the server is: as PORT and HOST say, else where the last `make run` with this state directory put it."""
    if not environ.get("PORT", "").strip():
        try:
            return str(json.loads((config.state / "run.json").read_bytes())["url"])
        except (OSError, ValueError, KeyError, TypeError):
            pass  # nothing runs with this directory: it may have been started otherwise
    return api_url(config)


def owner_key(config: Settings) -> str:
    """ANBAHN_ADMIN_KEY, else the key that `make run` has made; ends the command where there is neither."""
    key = config.admin_key
    if key is None:
        try:
            key = (config.state / "admin.key").read_text().strip()
        except OSError:
            faults.fail(
                f"there is no bearer key: {config.state} holds no admin.key; start it with make run, "
                "name its directory in ANBAHN_STATE, or give ANBAHN_ADMIN_KEY"
            )
    if not key.isascii() or not key.isprintable():
        faults.fail("the bearer key cannot stand in an HTTP header: only ASCII characters can")
    return key


def knock(http: httpx.Client, url: str, key: str) -> None:
    """Make sure that Anbahn is there and takes the key; ends the command with one line where not."""
    try:
        answer = http.post(
            "/graphql", json={"query": "{ __typename }"}, headers={"authorization": f"Bearer {key}"}, timeout=10
        )
    except httpx.HTTPError as error:
        reason = str(error) or type(error).__name__
        faults.fail(f"nothing answers at {url} ({reason}): start it with make run, or say where it is with PORT")
    if answer.status_code == httpx.codes.UNAUTHORIZED:
        faults.fail(f"the server at {url} does not take this bearer key: give the right one in ANBAHN_ADMIN_KEY")
    try:
        is_anbahn = answer.json()["data"]["__typename"] == "Query"
    except (ValueError, KeyError, TypeError):
        is_anbahn = False
    if not is_anbahn:
        faults.fail(f"what answers at {url} is not Anbahn, or is not well ({answer.status_code}): see what runs there")
