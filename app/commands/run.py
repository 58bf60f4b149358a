"""`linli run`: the whole product in one command, for one community or a trial."""

import click

from app.embedded import Embedded
from app.first_accounts import UNFIT
from config.settings import Settings, generate_missing_keys
from models.staff_accounts import PasswordUnfit


@click.command()
@click.option("--port", type=int, help="Of the web process; default: LINLI_WEB_PORT, 8000.")
@click.option("--sandbox-port", type=int, help="Default: LINLI_SANDBOX_PORT, 8010.")
def run(port: int | None, sandbox_port: int | None) -> None:
    """Run web, clock and worker together; without WeChat credentials, the sandbox too.

    Keys nobody has set are made and kept in the data directory. Without credentials an empty
    database is filled with the demo subdistrict.
    """
    generate_missing_keys(Settings().data_dir)
    embedded = Embedded(Settings(), port, sandbox_port)
    try:
        embedded.prepare()
    except OSError as taken:
        raise click.ClickException(str(taken)) from taken
    except PasswordUnfit as refusal:
        raise click.ClickException(f"LINLI_CONSOLE_ADMIN: {UNFIT}") from refusal
    with embedded:
        click.echo(f"Linli 邻里    {embedded.web_url}")
        if embedded.sandbox_url:
            click.echo(f"Chat (sandbox) {embedded.sandbox_url}")
            click.echo(f"Console        {embedded.web_url}/console/")
            click.echo(f"               demo-community_staff-1, password {embedded.demo_password}")
        click.echo("Ctrl-C stops")
        embedded.wait()
