"""`--keep-map`: read the surveyed sessions once more and write, encrypted, what was replaced by what.

It is made beside the build and from the same parts, so that a build with it and one without are the same work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from anonymize.mapping import Mapping, note, write_map
from pipelines.parts import read_survey
from pipelines.passes import BuildDone
from pipelines.tasks import Plan
from pipelines.units import client_of, load_roster


def write_replacements(folder: Path, plan: Plan, done: Sequence[BuildDone]) -> Path:
    """Write the mapping of all sessions that were de-identified into `folder`; clients go by their plain ids."""
    detector = plan.deidentify.deidentifier(plan.key)
    mapping: Mapping = {}
    for build in done:
        survey = build.task.survey
        aside = {drop.session_id for drop in build.drops if drop.level == "session"}
        for entry in read_survey(survey.part).sessions:
            if entry.session.session_id in aside:
                continue
            client = client_of(entry.session, survey.task.unit)
            session = replace(entry.session, client_id=client)
            roster = load_roster(build.task.roster_path(client))
            new, found, written = detector.apply(session, roster, entry.structured)
            note(mapping, client, session, new, found, written)
    return write_map(folder, plan.key, mapping)
