"""The command `linli`: each subcommand stands in a module of its own and is loaded when called."""

from importlib import import_module

import click
from pydantic import ValidationError

from app import logs
from config.settings import Settings

COMMANDS = {
    "run": "app.commands.run:run",
    "web": "app.commands.web:web",
    "worker": "app.commands.worker:worker",
    "clock": "app.commands.clock:clock",
    "sandbox": "app.commands.sandbox:sandbox",
    "migrate": "app.commands.migrate:migrate",
    "init": "app.commands.init:init",
    "demo": "app.commands.demo:demo",
    "classify": "app.commands.classify:classify",
    "evaluate": "app.commands.evaluate:evaluate",
    "lexicon": "app.commands.lexicon:lexicon",
    "notices": "app.commands.notices:notices",
    "import": "app.commands.imports:import_sheet",
    "export": "app.commands.imports:export_list",
    "open311": "app.commands.open311:open311",
    "hotline": "app.commands.hotline:hotline",
    "directory": "app.commands.directory:directory",
    "companies": "app.commands.companies:companies",
    "calendar": "app.commands.calendar:calendar",
    "metrics": "app.commands.metrics:metrics",
    "reports": "app.commands.reports:reports",
    "hazards": "app.commands.hazards:hazards",
    "menu": "app.commands.menu:menu",
    "qr": "app.commands.qr:qr",
    "console": "app.commands.console:console",
    "job": "app.commands.job:job",
    "backup": "app.commands.backup:backup",
    "restore": "app.commands.restore:restore",
    "doctor": "app.commands.doctor:doctor",
}


class Lazy(click.Group):
    """Knows every name and imports only what is called: `--help` needs no word lists."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name].partition(":")
        found: click.Command = getattr(import_module(module), attribute)
        return found


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="linli")
def main() -> None:
    """Linli 邻里: the service desk of the Chinese neighbourhood.

    Settings come from the environment (LINLI_...); the README lists them.
    """
    try:
        logs.configure(Settings())
    except ValidationError as refusal:
        wrong = (f"LINLI_{one['loc'][0]}".upper() + f": {one['msg']}" for one in refusal.errors())
        raise click.ClickException("; ".join(wrong)) from refusal
