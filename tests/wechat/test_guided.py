"""What coverage-guided search has found, and a little more of it: read or refused, never broken."""

import ast
import random
from pathlib import Path

from tests.proof.hostile_guided import READERS, Search, corpus

BRED = 2000
REACHED = ("tree.py", "elements.py", "parse.py")


def test_every_body_is_read_or_refused_and_together_they_reach_all_of_the_reading() -> None:
    search = Search(random.Random(3))
    for body in corpus():
        search.look(body)
    for _ in range(BRED):
        search.breed()
    assert search.faults == {}
    for name in REACHED:
        path = str(Path(READERS) / name)
        reached = {line for file, _, line in search.ways if file == path}
        assert _inside_functions(Path(path)) - reached == set(), name


def _inside_functions(path: Path) -> set[int]:
    """The lines at which a statement of a function begins, but for its docstring."""
    lines = set()
    for function in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(function, ast.FunctionDef):
            body = function.body[ast.get_docstring(function) is not None :]
            for statement in (one for top in body for one in ast.walk(top)):
                if isinstance(statement, ast.stmt):
                    lines.add(statement.lineno)
    return lines
