"""Python's collector of circles, as suits a process that answers messages all day."""

import gc

# New objects between two looks. A message makes some hundreds, and nearly all of them end with it:
# at Python's own 700 the collector looked at each message, and took a fiftieth of its time.
YOUNG = 20_000


def settle() -> None:
    """What is loaded by now lives as long as the process: it need not be walked again."""
    gc.freeze()
    gc.set_threshold(YOUNG)
