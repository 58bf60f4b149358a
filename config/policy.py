"""Reads the policy files beside this one: rules as data, with the defaults we ship."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@cache
def load(name: str) -> dict[str, Any]:
    """The parsed `config/<name>.toml`. Shared: never change what it returns."""
    with (HERE / f"{name}.toml").open("rb") as file:
        return tomllib.load(file)
