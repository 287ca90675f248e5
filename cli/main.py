"""``anbahn …``: every command is imported only when it is called, so that each starts fast."""

from __future__ import annotations

import sys
from importlib import import_module

import click

from settings import SettingsError

_COMMANDS = {
    "run": ("cli.run:run", "Start everything on this machine: servers, database, API, worker, beat."),
    "prepare": ("cli.prepare:prepare", "Create and migrate the database, make the first workspace."),
    "migrate": ("cli.prepare:migrate", "Bring the database to this version's schema."),
    "walk": ("cli.walk:walk", "Walk through the product against a running instance."),
    "workspace": ("cli.workspace:workspace", "Make a workspace."),
    "sdl": ("cli.schema:sdl", "Print the GraphQL schema."),
    "explain": ("cli.explain:explain", "Print the SQL and the builder that answer a GraphQL query."),
    "check-sdl": ("cli.schema:check_sdl", "Fail unless the committed schema is the one in the code."),
    "makemigrations": ("cli.schema:makemigrations", "Write the migrations that the models ask for."),
    "baseline": ("cli.schema:write_baseline", "Write the schema that new databases are made from."),
    "check-migrations": ("cli.schema:check_migrations", "Fail unless the migrations lead to the models."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, _, attribute = _COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}.{attribute} is not a click command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def anbahn() -> None:
    """Anbahn, the sales pipeline behind a CRM."""


def main() -> None:
    """The entry point; a setting that is not right is one line and exit code 2."""
    try:
        anbahn(prog_name="anbahn")
    except SettingsError as error:
        click.echo(f"anbahn: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
