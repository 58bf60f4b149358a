"""`linli backup`: a running house in one file."""

from pathlib import Path

import click

from app.commands.background import background_store
from app.commands.store import reason_of
from app.house import media_folder, now
from config.settings import Settings, own_keys, with_kept_keys
from models.backups.manifest import BackupUnfit
from models.backups.taking import take
from models.busy import BUSY


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--with-keys",
    is_flag=True,
    help="Put LINLI_SECRET_KEY and LINLI_DATA_KEY into it: who has the file can then read it all.",
)
def backup(file: Path, with_keys: bool) -> None:
    """Write everything this house holds to FILE, while it runs: all tables as of one moment, and
    the photos.

    Personal columns stay encrypted. Unless --with-keys is given the keys are not in it: keep them
    elsewhere, for without them phones, homes and words of residents can not be read again.
    """
    settings = with_kept_keys(Settings())
    try:
        with background_store(settings) as database:
            manifest = take(
                database,
                media_folder(settings),
                file,
                keys=settings.data_keys,
                kept_keys=own_keys(settings) if with_keys else {},
                at=now(),
            )
    except (BackupUnfit, OSError) as trouble:
        raise click.ClickException(f"no backup was written: {trouble}") from trouble
    except BUSY as trouble:
        raise click.ClickException(f"no backup was written: {reason_of(trouble)}") from trouble
    click.echo(
        f"{file}: {len(manifest.tables)} tables, {manifest.row_count} rows,"
        f" {len(manifest.files)} files of photos, revision {manifest.revision}"
    )
    click.echo(f"keys are {'' if with_keys else 'not '}in it", err=True)
