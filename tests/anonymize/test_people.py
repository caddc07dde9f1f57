import itertools

import pytest

from anonymize.roster import NameForm
from anonymize.surrogates.people import clusters


def shared(**forms):
    """Sets of forms that share a cluster; a form is given as name=("kind", "gender")."""
    found = clusters({name: NameForm(name, kind, gender) for name, (kind, gender) in forms.items()})
    return {frozenset(n for n in found if found[n] == leader) for leader in found.values()}


E = ("either", "")


@pytest.mark.parametrize(
    "names",
    [
        ("robert", "bob", "bobby", "rob"),
        ("gertrude", "gert"),
        ("joaquim", "quim"),
        ("thibodeau", "thib"),
        ("dunleavy", "dunleavys"),
        ("stavros", "stavroses"),
        ("tatiana", "tanya"),
        ("anthony", "tony"),
    ],
)
def test_forms_of_one_person_are_one(names):
    assert shared(**dict.fromkeys(names, E)) == {frozenset(names)}


@pytest.mark.parametrize(
    ("a", "b"),
    [
        *itertools.combinations(["ann", "anna", "annabelle"], 2),
        ("carl", "carla"),
        ("paul", "paula"),
        ("jo", "jolene"),
        ("dan", "dana"),
        ("jean", "jeanette"),
        ("mark", "marko"),
    ],
)
def test_names_of_their_own_stay_apart_though_one_begins_the_other(a, b):
    assert len(shared(**{a: ("given", ""), b: ("given", "")})) == 2


def test_a_short_form_of_two_people_stays_by_itself():
    assert len(shared(chris=E, christian=E, christine=E)) == 3
    assert len(shared(thib=E, thibodeau=E, thibault=E)) == 3


def test_gender_says_whose_short_form_it_is_and_keeps_people_apart():
    three = shared(chris=("given", "f"), christian=("given", "m"), christine=("given", "f"))
    assert three == {frozenset(["chris", "christine"]), frozenset(["christian"])}
    assert len(shared(chris=("given", "f"), christian=("given", "m"))) == 2


def test_a_given_name_is_no_short_form_of_a_surname():
    assert len(shared(rob=("given", ""), robertson=("surname", ""))) == 2


def test_clusters_do_not_depend_on_the_order():
    forms = {name: NameForm(name, "either") for name in ("bob", "robert", "thib", "thibodeau", "anna", "ann")}
    made = [clusters(dict(order)) for order in itertools.permutations(forms.items())]
    assert all(one == made[0] for one in made)
