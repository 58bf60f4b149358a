"""`linli web`: the web process of a server."""

import click

from app.serving import serve_web
from app.writing import writer_for
from config.settings import Settings, missing_keys


@click.command()
@click.option("--port", type=int, help="Default: LINLI_WEB_PORT, 8000.")
@click.option("--host", default="0.0.0.0", show_default=True, help="Address to listen on.")
def web(port: int | None, host: str) -> None:
    """Serve the WeChat webhook, the console and the public pages. Refuses to start without keys.

    On SQLite with several web processes, one more writes for all of them.
    """
    settings = Settings()
    if missing := missing_keys(settings):
        raise click.ClickException(
            f"set {' and '.join(missing)} first: keys made here would be lost with the machine, "
            "and several processes must share them (`linli run` makes its own for a trial)"
        )
    try:
        serve_web(settings, host, port or settings.web_port, beside=writer_for(settings))
    except OSError as taken:
        raise click.ClickException(str(taken)) from taken
