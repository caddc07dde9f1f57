"""Reading transcripts: raw text to sessions in one process, beside reading the same bytes without understanding them.

    python -m benchmarks.parse [--quick]

The peers do less on purpose, they are the floor under any reader: `polars.read_csv` splits the bytes into lines, and
plain reading hashes them and runs two regular expressions. All three must have seen the same files and bytes. The last
run, over a corpus four times the size, shows whether our memory grows with it.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from benchmarks.generate import UTTERANCES, transcripts
from benchmarks.harness import PAIRS, Run, Side, alternate, middle, ratio, result_line, run_once, same_work, table

COPIES, QUICK_COPIES = 12, 2
GROWTH = 4
SESSIONS = 8
"""Generated transcripts a file, so that one is as long as an hour of speech: about 60 kB."""


def write_transcripts(folder: Path, copies: int) -> int:
    """The generated dialogue as plain-text transcripts, each written `copies` times; returns the bytes in all."""
    total = 0
    every = transcripts(UTTERANCES)
    for number in range(0, len(every), SESSIONS):
        turns = [turn for made in every[number : number + SESSIONS] for turn in made.utterances]
        stamps = [f"[00:{n // 60 % 60:02}:{n % 60:02}]" for n in range(len(turns))]
        lines = [f"{turn.role.upper()} {at}: {turn.text}" for at, turn in zip(stamps, turns, strict=True)]
        text = f"TRANSCRIPT OF AUDIO FILE:\n____\nSESSION: {number}\n____\nBEGIN TRANSCRIPT:\n\n"
        data = (text + "\n\n".join(lines) + "\n\nEND TRANSCRIPT\n").encode()
        for copy in range(copies):
            (folder / f"{number:03}-{copy:02}.txt").write_bytes(data)
            total += len(data)
    return total


def start_ours() -> Callable[[Path], dict[str, int]]:
    """Import our reader; the run reads a folder into sessions, one at a time."""
    from corpora import Session, read_source

    def read(folder: Path) -> dict[str, int]:
        files = size = turns = words = 0
        for item in read_source("alexander-street", folder):
            if isinstance(item, Session):
                files, size, turns = files + 1, size + item.origin.end, turns + len(item.turns)
                words += sum(len(turn.text.split()) for turn in item.turns)
        return {"files": files, "bytes": size, "turns": turns, "words": words}

    return read


def start_polars() -> Callable[[Path], dict[str, int]]:
    """Import polars; the run splits each file into a frame of lines."""
    import polars as pl

    def read(folder: Path) -> dict[str, int]:
        files = size = 0
        for path in sorted(folder.iterdir()):
            data = path.read_bytes()
            pl.read_csv(data, has_header=False, separator="\x01", quote_char=None)
            files, size = files + 1, size + len(data)
        return {"files": files, "bytes": size}

    return read


def start_plain() -> Callable[[Path], dict[str, int]]:
    """The run reads, hashes and decodes each file, and looks for labels and marks with two regular expressions."""
    label, mark = re.compile(r"^[A-Z]+(?: \[[\d:]+\])?:", re.MULTILINE), re.compile(r"[(\[][^()\[\]]{1,80}[)\]]")

    def read(folder: Path) -> dict[str, int]:
        files = size = 0
        for path in sorted(folder.iterdir()):
            data = path.read_bytes()
            hashlib.sha256(data).hexdigest()
            text = data.decode()
            sum(1 for pattern in (label, mark) for _ in pattern.finditer(text))
            files, size = files + 1, size + len(data)
        return {"files": files, "bytes": size}

    return read


OURS = Side("ours", start_ours)
POLARS, PLAIN = Side("polars.read_csv", start_polars), Side("plain reading", start_plain)


def main() -> None:
    """Run the benchmark and print its figures, the last line as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smaller corpus, within 60 seconds")
    copies = QUICK_COPIES if parser.parse_args().quick else COPIES
    with tempfile.TemporaryDirectory() as folder:
        small, large = Path(folder, "small"), Path(folder, "large")
        small.mkdir()
        large.mkdir()
        size, _ = write_transcripts(small, copies), write_transcripts(large, GROWTH * copies)
        runs = alternate([OURS, POLARS, PLAIN], small)
        grown = run_once(OURS, large)
    facts = {name: {k: of[0].result[k] for k in ("files", "bytes")} for name, of in runs.items()}
    same_work(facts)
    memory = middle(runs[OURS.name], lambda run: run.memory_mb)
    ratios = {
        "speed_vs_polars_read_csv": ratio(runs[OURS.name], runs[POLARS.name]),
        "speed_vs_plain_reading": ratio(runs[OURS.name], runs[PLAIN.name]),
        f"memory_{GROWTH}_times_the_corpus": round(memory / grown.memory_mb, 3),
    }
    figures = {name: _figures(of, size) for name, of in runs.items()}
    figures[OURS.name]["turns"] = runs[OURS.name][0].result["turns"]
    figures[OURS.name]["grown_peak_memory_mb"] = round(grown.memory_mb, 1)
    print(f"{size / 1e6:.1f} MB in {facts[OURS.name]['files']} files, the same for all; {PAIRS} counted rounds\n")
    rows = [(name, f["mb_per_s"], f["seconds"], f["startup_s"], f["peak_memory_mb"]) for name, f in figures.items()]
    print(table(("", "MB/s", "seconds", "start-up s", "peak MB"), rows))
    peers = {name: figures[name] for name in (POLARS.name, PLAIN.name)}
    print(result_line("parse", f"polars {version('polars')}", PAIRS, ratios, figures[OURS.name], peers))


def _figures(runs: list[Run], size: int) -> dict[str, Any]:
    seconds = middle(runs, lambda run: run.seconds)
    return {
        "mb_per_s": round(size / 1e6 / seconds, 1),
        "seconds": seconds,
        "startup_s": middle(runs, lambda run: run.startup_s),
        "peak_memory_mb": middle(runs, lambda run: run.memory_mb),
    }


if __name__ == "__main__":
    main()
