import pytest

from corpora.errors import UsageError
from pipelines import Pipeline
from pipelines.recipe import RECIPES, load_recipe
from pipelines.stages import Deidentify, Expect, Language, Read, Split, Windows


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return path


def test_the_shipped_recipe_has_the_stages_defaults():
    recipe = load_recipe(RECIPES / "build.toml")
    assert recipe.name == "build"
    assert Windows() in recipe.stages
    assert Split() in recipe.stages


def test_flags_win_over_the_recipe():
    recipe = load_recipe(RECIPES / "build.toml", {"windows": {"min_words": 20}})
    assert Windows(min_words=20) in recipe.stages


def test_a_path_in_a_recipe_is_relative_to_the_recipe(tmp_path):
    path = written(tmp_path, '[[stage]]\nuse = "read"\nsource = "annomi"\ninput = "data.csv"\n')
    assert load_recipe(path).stages[0].input == tmp_path / "data.csv"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[stage]]\nuse = "window"\n', "did you mean 'windows'"),
        ('[[stage]]\nuse = "windows"\nmin_word = 3\n', "did you mean 'min_words'"),
        ('[[stage]]\nuse = "windows"\nmin_words = -3\n', "min_words"),
        ('[[stage]]\nuse = "windows"\nmin_words = "many"\n', "min_words"),
        ("[stages]\n", "unknown key 'stages'"),
        ('name = "x"\n', "lists no"),
        ("[[stage\n", "line 1"),
    ],
)
def test_a_wrong_recipe_says_what_and_where(tmp_path, text, said):
    with pytest.raises(UsageError, match=said) as error:
        load_recipe(written(tmp_path, text))
    assert "mine.toml" in str(error.value)


def test_an_option_for_a_stage_that_is_not_there_is_refused(tmp_path):
    path = written(tmp_path, '[[stage]]\nuse = "read"\nsource = "annomi"\n')
    with pytest.raises(UsageError, match="no stage 'windows'"):
        load_recipe(path, {"windows": {"min_words": 1}})
    assert len(load_recipe(path, {"windows": {"min_words": 1}}, {"windows"}).stages) == 1, "the environment may"


@pytest.mark.parametrize(
    ("stages", "said"),
    [
        ([Read(source="annomi"), Language(), Windows()], r"stage 3 \(windows\) needs deidentified"),
        ([Language()], r"stage 1 \(language\) needs sessions"),
        ([Read(source="annomi"), Deidentify()], "needs language"),
        ([Read(source="annomi"), Language(), Deidentify(), Windows(), Split()], "exactly one `expect`"),
        ([Read(source="annomi"), Language(), Deidentify(), Windows(), Expect()], "needs split"),
    ],
)
def test_stages_that_do_not_fit_are_refused_before_anything_runs(stages, said):
    with pytest.raises(UsageError, match=said):
        Pipeline(stages)
