"""Every module that defines a table, so that nothing is missing from the metadata."""

from importlib import import_module
from pkgutil import walk_packages

import models


def load_tables() -> None:
    for module in walk_packages(models.__path__, "models."):
        if not module.name.startswith("models.migrations"):
            import_module(module.name)
