"""`linli restore`: a backup becomes a house again."""

from pathlib import Path

import click

from app.commands.background import background_store
from app.commands.store import reason_of
from app.house import media_folder
from config.settings import DATA_KEY, Settings, keep_keys, with_kept_keys
from models.backups.manifest import BackupUnfit, Manifest
from models.backups.restoring import carried_keys
from models.backups.restoring import restore as restore_house
from models.busy import BUSY


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def restore(file: Path) -> None:
    """Make the house in FILE again, in the empty database and data directory of the settings.

    Either store takes the backup of the other. Everything is checked before anything is written,
    read again and compared after; an older one is then migrated. Keys that the backup carries are
    put into the data directory when the settings have none.
    """
    settings = with_kept_keys(Settings())
    try:
        carried = {} if settings.data_key else carried_keys(file)
        settings = settings.model_copy(update={"data_key": carried[DATA_KEY]} if carried else {})
        with background_store(settings) as database:
            restored = restore_house(
                database, media_folder(settings), file, keys=settings.data_keys
            )
    except (BackupUnfit, OSError) as trouble:
        raise click.ClickException(f"nothing was restored: {trouble}") from trouble
    except BUSY as trouble:
        raise click.ClickException(f"nothing was restored: {reason_of(trouble)}") from trouble
    if carried:
        keep_keys(settings.data_dir, carried)
    _tell(restored.manifest)
    broken = restored.archive.broken
    if broken is not None:
        raise click.ClickException(
            f"the archive of notices did not hold when the backup was made: link"
            f" {broken.position} (notice {broken.notice_id}): {broken.flaw}"
        )
    click.echo(f"{restored.archive.links} links of the archive of notices hold")
    if restored.queued:
        click.echo(
            f"{restored.queued} messages were queued then; they leave when a worker starts here,"
            " also those that the old house has sent since"
        )


def _tell(manifest: Manifest) -> None:
    for name, table in manifest.tables.items():
        if table.rows:
            click.echo(f"{name:<28} {table.rows:>10} rows, the same")
    click.echo(
        f"{len(manifest.tables)} tables, {manifest.row_count} rows and {len(manifest.files)} files"
        f" of photos, the same as on {manifest.made_at:%Y-%m-%d %H:%M} UTC"
    )
