"""How long a worker takes to start, and what understanding keeps in its memory."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

TEXTS = Path(__file__).with_name("texts.txt")

STARTS = 7

# What any worker of this kind would load, with the same dictionary kept in a file.
ALONE = """
import sys
import flask, sqlalchemy, wechatpy, jieba
jieba.setLogLevel("WARNING")
jieba.dt.tmp_dir = sys.argv[1]
jieba.initialize()
"""

WORKER = "from app.asgi import create_app; create_app()"

# In a process of its own, so that nothing else has filled its memory before; jieba's
# dictionary is part of what is counted.
MEMORY = """
import gc, json, os, signal, sys
from pathlib import Path
from bots.lexicon import load_lexicon
from bots.understand import understand

def own_megabytes():
    rows = dict(line.split(":") for line in Path("/proc/self/smaps_rollup").read_text().split("\\n")
                if line.count(":") == 1)
    kept = sum(int(rows[name].split()[0]) for name in ("Private_Clean", "Private_Dirty"))
    return kept / 1024

before = own_megabytes()
lexicon = load_lexicon(Path(sys.argv[1]))
texts = Path(sys.argv[2]).read_text("utf-8").splitlines()
understand(texts[0], lexicon)
added = own_megabytes() - before
gc.collect()
gc.freeze()
children = {}
for _ in range(2):
    reading, writing = os.pipe()
    if not (child := os.fork()):
        for count in range(1000):
            understand(texts[count % len(texts)], lexicon)
        os.write(writing, json.dumps(own_megabytes()).encode())
        signal.pause()
    children[child] = reading
private = [json.loads(os.read(reading, 100)) for reading in children.values()]
for child in children:
    os.kill(child, signal.SIGTERM)
print(json.dumps({"added": added, "private": private}), flush=True)
"""


def run() -> list[dict[str, Any]]:
    """`start`: ratio of a worker's start to the libraries alone; `memory`: ratio to 100 MB."""
    with tempfile.TemporaryDirectory() as folder:
        return [_start(folder), _memory(folder)]


def _start(folder: str) -> dict[str, Any]:
    environment = os.environ | {"LINLI_DATA_DIR": folder, "LINLI_SECRET_KEY": "bench"}
    _run([sys.executable, "-m", "app.cli", "migrate"], environment)
    commands = ([sys.executable, "-c", ALONE, folder], [sys.executable, "-c", WORKER])
    spent: list[list[float]] = [[], []]
    for _ in range(STARTS):
        for times, command in zip(spent, commands, strict=True):
            started = time.perf_counter()
            _run(command, environment)
            times.append(time.perf_counter() - started)
    # The first start writes the dictionaries down.
    alone, worker = (statistics.median(times[1:]) for times in spent)
    return _result("start", worker / alone, STARTS - 1) | {
        "p50_ms": round(worker * 1000),
        "baseline_ms": round(alone * 1000),
    }


def _memory(folder: str) -> dict[str, Any]:
    ran = _run([sys.executable, "-c", MEMORY, folder, str(TEXTS)], dict(os.environ))
    found = json.loads(ran)
    return _result("memory", found["added"] / 100, 1) | {
        "memory_mb": round(found["added"], 1),
        "forked_private_mb": [round(one, 1) for one in found["private"]],
    }


def _run(command: list[str], environment: dict[str, str]) -> str:
    ran = subprocess.run(
        command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    if ran.returncode:
        raise RuntimeError(ran.stderr)
    return ran.stdout


def _result(name: str, ratio: float, count: int) -> dict[str, Any]:
    unmeasured = ("store", "synchronous", "rate", "baseline_rate", "p50_ms", "p99_ms")
    return {"name": name, "ratio": round(ratio, 3), "errors": 0, "n": count} | dict.fromkeys(
        unmeasured
    )
