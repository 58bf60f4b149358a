"""`linli qr`: the code on a building's door or at a check point."""

from pathlib import Path

import click
import segno
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.house import open_database
from config.settings import Settings
from jobs.channels.refusals import ApiRefused
from jobs.channels.wechat_client import WeChatClient
from jobs.channels.wire import NotReached, Unanswered
from models.accounts import MAIN
from models.patrols import points
from models.places import Area, full_name

SCALE = 12  # pixels a module: about 10 cm in print


@click.command()
@click.argument("scene")
@click.option("--out", type=click.Path(path_type=Path), help="Default: <scene>.png here.")
@click.option("--account", default=MAIN, show_default=True)
def qr(scene: str, out: Path | None, account: str) -> None:
    """Write the lasting QR code of a building or a check point as a PNG.

    SCENE is its scene. Who scans it is asked about that place, and what they report in the next
    ten minutes is placed there; on a round, a check point is noted in it.
    """
    settings = Settings()
    database = open_database(settings)
    client = WeChatClient(database, settings)
    try:
        with database.reading() as session:
            place = _place(session, scene)
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


def _place(session: Session, scene: str) -> str:
    """What the code hangs on."""
    area = session.scalar(select(Area).where(Area.scene == scene))
    if area is not None:
        return full_name(session, area.id)
    point = points.by_scene(session, scene)
    if point is None:
        raise click.ClickException(f"no building and no check point has the scene {scene}")
    return f"{full_name(session, point.area_id)} {point.name}"
