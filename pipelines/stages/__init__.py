"""The stages a recipe can name, by their names."""

from pipelines.stages.base import MARKS, CorpusStage, GenerateStage, MakeStage, MapStage, Stage
from pipelines.stages.clean import Clean
from pipelines.stages.decontaminate import Decontaminate
from pipelines.stages.deidentify import Deidentify
from pipelines.stages.duplicates import Duplicates
from pipelines.stages.emotion import Emotion
from pipelines.stages.expect import Expect
from pipelines.stages.filter import Filter
from pipelines.stages.flags import Flags
from pipelines.stages.label import Label
from pipelines.stages.language import Language
from pipelines.stages.paraphrase import Paraphrase
from pipelines.stages.quality import Quality
from pipelines.stages.read import Read
from pipelines.stages.sample import Mix, Sample
from pipelines.stages.select import Select
from pipelines.stages.split import Split
from pipelines.stages.synth import Synth
from pipelines.stages.windows import Windows

_SHIPPED: tuple[type[Stage], ...] = (
    Read,
    Select,
    Clean,
    Language,
    Quality,
    Deidentify,
    Windows,
    Paraphrase,
    Synth,
    Label,
    Emotion,
    Filter,
    Flags,
    Decontaminate,
    Duplicates,
    Sample,
    Mix,
    Split,
    Expect,
)
STAGES: dict[str, type[Stage]] = {cls.name: cls for cls in _SHIPPED}

__all__ = [
    "MARKS",
    "STAGES",
    "Clean",
    "CorpusStage",
    "Decontaminate",
    "Deidentify",
    "Duplicates",
    "Emotion",
    "Expect",
    "Filter",
    "Flags",
    "GenerateStage",
    "Label",
    "Language",
    "MakeStage",
    "MapStage",
    "Mix",
    "Paraphrase",
    "Quality",
    "Read",
    "Sample",
    "Select",
    "Split",
    "Stage",
    "Synth",
    "Windows",
]
