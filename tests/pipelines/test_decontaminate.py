import json

import pytest

from corpora.errors import UsageError
from pipelines.recipe import load_recipe
from pipelines.stages import Decontaminate

QUESTION = "Since my brother moved away I sit at the kitchen window every evening and wait for a call that never comes."
SHORT = "Why do I always cry on Sundays?"


@pytest.fixture
def evaluation(tmp_path):
    """The same two questions in each form."""
    (tmp_path / "set.txt").write_text(f"{QUESTION}\n{SHORT}\n")
    (tmp_path / "set.csv").write_text(f'id,question\n1,"{QUESTION}"\n2,"{SHORT}"\n')
    rows = [{"id": 1, "turns": [{"text": QUESTION}]}, {"id": 2, "turns": [{"text": SHORT}]}]
    (tmp_path / "set.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path


@pytest.mark.parametrize("form", ["set.txt", "set.csv", "set.jsonl"])
def test_what_quotes_an_evaluation_set_is_left_out_in_prompt_or_answer(form, evaluation, frame_of, fates):
    rows = [
        {"prompt": f"Hello. {QUESTION.upper()} What now?", "answer": "I hear you."},
        {"prompt": ["So?", f"You said: {QUESTION[:90]}", "Yes."], "answer": "And then?"},
        {"prompt": "Go on", "answer": f"A client once told me: {QUESTION}"},
        {"prompt": "Since my brother moved away I sit at the window", "answer": "Every evening?"},
        {"prompt": "why do i always cry on sundays", "answer": "What happens on Sundays?"},
        {"prompt": f"Tell me. {SHORT}", "answer": "What happens then?"},
    ]
    stage = Decontaminate(against=(evaluation / form,))
    stage.check()
    frame = frame_of(*rows)
    marked = stage.apply(frame)
    hit = "contaminated"
    assert list(fates(marked).values()) == [hit, hit, hit, None, hit, None]
    found = stage.findings(frame, marked)["decontamination"]
    assert (found["compared"], found["contaminated"]) == (6, 4)


def test_a_recipe_names_the_sets_beside_it_and_one_that_is_missing_is_said(tmp_path, evaluation):
    recipe = tmp_path / "mine.toml"
    recipe.write_text('[[stage]]\nuse = "decontaminate"\nagainst = ["set.txt", "gone.txt"]\n')
    stage = load_recipe(recipe).stages[0]
    assert stage.against == (evaluation / "set.txt", evaluation / "gone.txt")
    with pytest.raises(UsageError, match=r"gone\.txt cannot be read"):
        stage.check()
