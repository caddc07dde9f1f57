"""Risk flags: what an example says of crisis, violence or medicines is marked, and a policy says what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from corpora.risk import CRISIS, HISTORY, RISKS, risk_flags, triggers
from pipelines.stages.base import CorpusStage, stage

if TYPE_CHECKING:
    import polars as pl

Policy = Literal["keep", "flag", "drop", "route"]
ROUTED = "routed_"


@stage
class Flags(CorpusStage):
    """Marks examples in which somebody speaks of suicide, self-harm, abuse, violence or medicines (`corpora.risk`).

    One policy a risk. `flag` writes it into the row's `flags` (and `crisis`, where a person is in danger now); `keep`
    leaves the row without that flag; `drop` leaves the row out; `route` takes it out of the shards too, into
    `OUT.work/corpus/routed.arrow`, for a clinician to read. What is past (`suicidal_ideation_history`) goes the way of
    its risk, or by `history` where that is set. All is counted in the manifest.
    """

    name: ClassVar[str] = "flags"
    version: ClassVar[str] = "1"

    suicidal_ideation: Policy = "flag"
    self_harm: Policy = "flag"
    abuse: Policy = "flag"
    violence: Policy = "flag"
    medication: Policy = "flag"
    history: Policy | None = None

    def policy(self, flag: str) -> Policy:
        """What becomes of rows with a risk, or with one that is past."""
        risk = flag.removesuffix(HISTORY)
        if flag == risk or self.history is None:
            policy: Policy = getattr(self, risk)
            return policy
        return self.history

    def apply(self, frame: pl.LazyFrame) -> pl.LazyFrame:
        """The frame with `flags` filled in, and rows marked as dropped or routed."""
        return frame.map_batches(self._marked, streamable=True, schema=frame.collect_schema())

    def findings(self, before: pl.LazyFrame, after: pl.LazyFrame) -> Mapping[str, Any]:
        """`flags`: the policies, and how many examples and sessions came under each risk, and what became of them."""
        import polars as pl

        shown = after.select("session_id", "prompt", "completion", "dropped").filter(_candidate())
        hits = (
            shown.map_batches(_hits, streamable=True, schema=dict.fromkeys(("session_id", "flag"), pl.String()))
            .group_by("flag")
            .agg(pl.len().alias("examples"), pl.col("session_id").n_unique().alias("sessions"))
            .sort("flag")
            .collect(engine="streaming")
        )
        left_out = after.select(pl.col("dropped").drop_nulls().value_counts(sort=True)).collect(engine="streaming")
        found = {
            "policy": {risk: self.policy(risk) for risk in RISKS},
            "history": self.history,
            "read": before.select(pl.len()).collect().item(),
            "examples": dict(hits.select("flag", "examples").rows()),
            "sessions": dict(hits.select("flag", "sessions").rows()),
            "left_out": dict(sorted((row["dropped"], row["count"]) for row in left_out["dropped"])),
        }
        return {"flags": found}

    def _marked(self, rows: pl.DataFrame) -> pl.DataFrame:
        import polars as pl

        candidates = rows.with_row_index("at").filter(_candidate()).select("at", "prompt", "completion")
        flags, dropped = rows["flags"].to_list(), rows["dropped"].to_list()
        for row in candidates.iter_rows(named=True):
            found = risk_flags([*row["prompt"], *row["completion"]])
            shown, reason = self._ruled(found)
            if shown:
                flags[row["at"]] = [*(flags[row["at"]] or []), *shown]
            dropped[row["at"]] = dropped[row["at"]] or reason
        return rows.with_columns(
            pl.Series("flags", flags, rows.schema["flags"]), pl.Series("dropped", dropped, pl.String)
        )

    def _ruled(self, found: list[str]) -> tuple[list[str], str | None]:
        """The flags that a row shows, and the reason it is left out for, if it is."""
        ruled = {flag: self.policy(flag) for flag in found if flag != "crisis"}
        shown = [flag for flag, policy in ruled.items() if policy != "keep"]
        if any(flag in CRISIS for flag in shown):
            shown.append("crisis")
        gone = [f"risk_{flag}" for flag, policy in ruled.items() if policy == "drop"]
        routed = [f"{ROUTED}{flag}" for flag, policy in ruled.items() if policy == "route"]
        return sorted(shown), next(iter([*routed, *gone]), None)


def _hits(rows: pl.DataFrame) -> pl.DataFrame:
    """Every flag that the rules give a row, as `session_id` and `flag`."""
    import polars as pl

    found = [
        (row["session_id"], flag)
        for row in rows.iter_rows(named=True)
        for flag in risk_flags([*row["prompt"], *row["completion"]])
    ]
    return pl.DataFrame(found, schema={"session_id": pl.String, "flag": pl.String}, orient="row")


def _candidate() -> pl.Expr:
    """Rows with a word that a rule could begin at; all others are passed by quickly."""
    import polars as pl

    texts = pl.concat_list("prompt", "completion").list.eval(pl.element().struct.field("content")).list.join("\n")
    plain = texts.str.to_lowercase().str.replace_all("\u2019", "'", literal=True)
    return plain.str.contains(rf"\b(?:{'|'.join(map(re.escape, triggers()))})|\d ?mg\b")
