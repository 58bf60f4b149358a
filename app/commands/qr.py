"""`linli qr`: the code on a building's door."""

from pathlib import Path

import click
import segno
from sqlalchemy import select

from app.house import open_database
from config.settings import Settings
from jobs.channels.refusals import ApiRefused
from jobs.channels.wechat_client import WeChatClient
from jobs.channels.wire import NotReached, Unanswered
from models.accounts import MAIN
from models.places import Area, full_name

SCALE = 12  # pixels a module: about 10 cm in print


@click.command()
@click.argument("scene")
@click.option("--out", type=click.Path(path_type=Path), help="Default: <scene>.png here.")
@click.option("--account", default=MAIN, show_default=True)
def qr(scene: str, out: Path | None, account: str) -> None:
    """Write the lasting QR code of a building as a PNG.

    SCENE is the building's scene. Who scans it is asked about that building, and what they
    report in the next ten minutes is placed there.
    """
    settings = Settings()
    database = open_database(settings)
    client = WeChatClient(database, settings)
    try:
        with database.reading() as session:
            area = session.scalar(select(Area).where(Area.scene == scene))
            if area is None:
                raise click.ClickException(f"no building has the scene {scene}")
            place = full_name(session, area.id)
        answer = client.qrcode_create(account, scene)
    except ApiRefused as refusal:
        raise click.ClickException(f"WeChat refused the code: {refusal.errcode}") from refusal
    except (NotReached, Unanswered) as failure:
        raise click.ClickException("WeChat could not be reached") from failure
    finally:
        client.close()
        database.dispose()
    path = out or Path(f"{scene}.png")
    segno.make(answer["url"], error="h").save(str(path), scale=SCALE)
    click.echo(f"{path}: {place}")
