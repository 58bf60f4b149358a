"""`linli demo`: every story, told over real HTTP and checked against the database."""

import os
import subprocess
import sys

from app.story import stories


def test_every_story_is_played_to_its_end() -> None:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("LINLI_")
    }
    ended = subprocess.run(
        [sys.executable, "-m", "app", "demo"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    for story in stories().values():
        assert story["title"] in ended.stdout
