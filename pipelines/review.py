"""The steward's loop around a build: what to look at, a sample to read, and decisions that the next build follows.

Everything here shows text, so it is written to `OUT.work/review` only, readable by its owner.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anonymize.proof.estimate import most_likely_at_most
from anonymize.proof.review import Finding, Review, draw_passages, masked_text
from anonymize.rulings import COLUMNS, KEEP, MASK, read_decisions
from anonymize.spans import Span
from corpora.deadline import bound, time_limit
from corpora.errors import UsageError
from corpora.files import private_folder, write_atomic
from pipelines.parts import SurveyPart, read_survey
from pipelines.trail import TRAIL
from pipelines.workplace import MANIFEST

REVIEW, FINDINGS, SAMPLE, DECISIONS, READ = "review", "review.csv", "sample.csv", "decisions.csv", "sample.json"
_YES, _NO = frozenset({"yes", "y", "1", "true"}), frozenset({"no", "n", "0", "false"})
_FINDING_COLUMNS = ("kind", "token", "why", "count", "sessions", "contexts", *COLUMNS[1:])
_SAMPLE_COLUMNS = ("passage", "text", "leak")


@dataclass(frozen=True, slots=True)
class Masked:
    """One session of a build: its turns as read, and what was masked in each."""

    turns: list[str]
    found: list[list[Span]]


class Desk:
    """The review folder of one build."""

    def __init__(self, run: Path) -> None:
        """Look for the build.

        Raises:
            UsageError: `run` is no build, or its work folder is gone.
        """
        self.run = run
        self.work = run.with_name(f"{run.name}.work")
        self.trail = self.work / TRAIL
        if not self.trail.is_file():
            raise UsageError(
                f"{run}: {self.work} holds no {TRAIL}. Give the folder that --out named; a review needs its work "
                "folder, so build again where that was deleted"
            )

    @property
    def folder(self) -> Path:
        """`OUT.work/review`, private."""
        return private_folder(self.work / REVIEW)

    def sessions(self, wanted: frozenset[int] | None = None) -> Iterator[tuple[int, Masked]]:
        """The build's sessions in order, or those of some numbers."""
        name, part = "", SurveyPart([], [])
        for number, line in enumerate(self._lines()):
            if wanted is not None and number not in wanted:
                continue
            if line["part"] != name:
                name, part = line["part"], self._part(line["part"])
            turns = [turn.text for turn in part.sessions[line["at"]].session.turns]
            found: list[list[Span]] = [[] for _ in turns]
            for turn, start, end, kind, rule, _ in line["spans"]:
                found[turn].append(Span(start, end, kind, rule))
            yield number, Masked(turns, found)

    def findings(self) -> list[Finding]:
        """What to look at, over all sessions."""
        review = Review()
        for _, session in self.sessions():
            with time_limit(bound(sum(map(len, session.turns)))):
                review.add(session.turns, session.found)
        return review.findings()

    def write_findings(self, findings: Iterable[Finding]) -> Path:
        """All findings as CSV with empty columns for decisions; returns its path."""
        rows = [[f.kind, f.token, f.why, f.count, f.sessions, " | ".join(f.contexts), "", "", ""] for f in findings]
        return _write_csv(self.folder / FINDINGS, _FINDING_COLUMNS, rows)

    def write_sample(self, count: int, seed: int) -> tuple[Path, int]:
        """A random sample of the output's turns, surrogates as their classes, to be read; its path and size."""
        drawn = draw_passages([line["turns"] for line in self._lines()], count, seed)
        by_session: dict[int, list[int]] = {}
        for session, turn in drawn:
            by_session.setdefault(session, []).append(turn)
        rows = [
            [f"{number}.{turn}", "> " + masked_text(session.turns[turn], session.found[turn]), ""]
            for number, session in self.sessions(frozenset(by_session))
            for turn in by_session[number]
        ]
        return _write_csv(self.folder / SAMPLE, _SAMPLE_COLUMNS, rows), len(rows)

    def record(self, path: Path, who: str, target: Path) -> str:
        """Take in a filled-in list or sample; says what was recorded.

        Raises:
            UsageError: the file is neither, or a row is wrong.
        """
        rows, columns = _read_csv(path)
        if "leak" in columns:
            return self._record_sample(path, rows, who)
        if not {"token", "decision"} <= columns:
            raise UsageError(f"{path}: neither a filled-in {FINDINGS} (token, decision) nor a {SAMPLE} (leak)")
        decided = [
            (row["token"] or "", (row["decision"] or "").strip()) for row in rows if (row["decision"] or "").strip()
        ]
        return self.decide(decided, who, target)

    def decide(self, decided: Iterable[tuple[str, str]], who: str, target: Path) -> str:
        """Add (token, mask or keep) decisions to the decisions file, with who and when; says how many of each.

        Raises:
            UsageError: a decision is neither, or the file that is there is no decisions file.
        """
        when = datetime.now(UTC).isoformat(timespec="seconds")
        earlier = [[d.token, d.decision, d.who, d.when] for d in read_decisions(target)] if target.exists() else []
        added = [[token.strip(), decision.lower(), who, when] for token, decision in decided]
        if wrong := [number for number, row in enumerate(added, 1) if row[1] not in (MASK, KEEP) or not row[0]]:
            raise UsageError(f"decision {wrong[0]} of {len(added)}: it must be {MASK} or {KEEP}, and name a token")
        _write_csv(target, COLUMNS, earlier + added)
        counts = {kind: sum(row[1] == kind for row in added) for kind in (MASK, KEEP)}
        return f"{counts[MASK]} to mask, {counts[KEEP]} to keep; build again with --decisions {target}"

    def _record_sample(self, path: Path, rows: list[dict[str, str | None]], who: str) -> str:
        answers = [(row["leak"] or "").strip().lower() for row in rows]
        if wrong := [number for number, answer in enumerate(answers, 1) if answer and answer not in _YES | _NO]:
            raise UsageError(f"{path}: the leak column of passage {wrong[0]} must be yes, no or empty (not read)")
        read, leaks = sum(bool(answer) for answer in answers), sum(answer in _YES for answer in answers)
        if not read:
            raise UsageError(f"{path}: no passage has an answer; write yes or no in its leak column")
        at_most = most_likely_at_most(leaks, read)
        result = {
            "read": read,
            "leaks": leaks,
            "at_most": round(at_most, 6),
            "who": who,
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "sums_sha256": self._sums(),
        }
        write_atomic(self.folder / READ, json.dumps(result, indent=2).encode())
        return (
            f"{leaks} of {read} passages held a leak: at 95 % confidence at most {100 * at_most:.2f} % of all do"
            f"{' (rule of three)' if not leaks else ''}; the next build's report says so"
        )

    def _sums(self) -> str | None:
        path = self.run / MANIFEST
        found: str | None = json.loads(path.read_text(encoding="utf-8")).get("sums_sha256") if path.is_file() else None
        return found

    def _lines(self) -> Iterator[dict[str, Any]]:
        with self.trail.open(encoding="ascii") as lines:
            for line in lines:
                yield json.loads(line)

    def _part(self, name: str) -> SurveyPart:
        path = self.work / "survey" / name
        if not path.is_file():
            raise UsageError(f"{self.work}: a part of it is gone, so a review cannot show what it held; build again")
        return read_survey(path)


def reviewed_sample(work: Path, sums: str | None) -> dict[str, Any]:
    """What a person's reading of a sample came to, for the manifest: empty where nobody has read one."""
    path = work / REVIEW / READ
    if not path.is_file():
        return {}
    found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    shown = {key: found[key] for key in ("read", "leaks", "at_most", "when")}
    return {"reviewed_sample": {**shown, "same_rows": found["sums_sha256"] == sums}}


def _write_csv(path: Path, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> Path:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    write_atomic(path, text.getvalue().encode())
    return path


def _read_csv(path: Path) -> tuple[list[dict[str, str | None]], set[str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            return list(rows), set(rows.fieldnames or ())
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"{path}: cannot be read as UTF-8 CSV ({type(error).__name__})") from None
