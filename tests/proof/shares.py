"""How many cases of a proof run on which store."""

from collections.abc import Iterator

from tests.bench.town import Case

SHARE_ON_POSTGRESQL = 0.1


def shares(cases: int, on_postgresql: float = SHARE_ON_POSTGRESQL) -> Iterator[tuple[Case, int]]:
    """Each store that has any."""
    others = round(cases * on_postgresql)
    for case, share in (
        (Case("sqlite", "FULL"), cases - others),
        (Case("postgresql"), others),
    ):
        if share:
            yield case, share
