"""The stages a recipe can name, by their names."""

from pipelines.stages.base import CorpusStage, MakeStage, MapStage, Stage
from pipelines.stages.clean import Clean
from pipelines.stages.deidentify import Deidentify
from pipelines.stages.expect import Expect
from pipelines.stages.language import Language
from pipelines.stages.paraphrase import Paraphrase
from pipelines.stages.quality import Quality
from pipelines.stages.read import Read
from pipelines.stages.select import Select
from pipelines.stages.split import Split
from pipelines.stages.synth import Synth
from pipelines.stages.windows import Windows

STAGES: dict[str, type[Stage]] = {
    cls.name: cls
    for cls in (Read, Select, Clean, Language, Quality, Deidentify, Windows, Paraphrase, Synth, Split, Expect)
}

__all__ = [
    "STAGES",
    "Clean",
    "CorpusStage",
    "Deidentify",
    "Expect",
    "Language",
    "MakeStage",
    "MapStage",
    "Paraphrase",
    "Quality",
    "Read",
    "Select",
    "Split",
    "Stage",
    "Synth",
    "Windows",
]
