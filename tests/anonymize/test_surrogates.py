import datetime as dt
import importlib.resources
import itertools
import re
import tomllib

import pytest

from anonymize.roster import Roster, Survey, SurveyForm, build_roster
from anonymize.structured.dates import MONTHS
from anonymize.surrogates.dates import move_date, read_date
from anonymize.surrogates.surrogates import OVER_89, Surrogates
from anonymize.words.numerals import digits_of
from corpora.errors import UsageError

KEY, OTHER_KEY = b"k" * 32, b"o" * 32


def form(name, kind="given", gender="", type_="NAME"):
    return SurveyForm(name, type_, 2, kind, gender)


ROSTER = build_roster(
    "c1",
    [
        Survey(
            (
                form("robert", gender="m"),
                form("bob", gender="m"),
                form("marisol", gender="f"),
                form("ifeoma", gender="f"),
                form("delgado", "surname"),
                form("dunleavy", "surname"),
                form("dunleavys", "surname"),
                form("dunmore road", type_="LOCATION"),
                form("lakeview hospital", type_="ORG"),
                form("riverside hospital", type_="ORG"),
            )
        )
    ],
)


def surrogates(key=KEY, client="c1", roster=ROSTER, **options):
    return Surrogates(key, client, roster, **options)


def name(surface, **options):
    return surrogates(**options).text_for("NAME", surface)


def test_forms_of_one_name_share_a_surrogate_in_their_case_and_ending():
    full = name("Robert")
    assert full != "Robert"
    assert name("Bob") == full
    assert name("bob") == full.lower()
    assert name("BOB's") == full.upper() + "'s"
    assert name("Robert\u2019s") == full + "\u2019s"
    assert name("Ro-Robert") == f"{full[:2]}-{full}"
    assert name("R-O-B-E-R-T").replace("-", "") == full.upper()


def test_parts_of_a_name_stay_parts():
    given, surname = name("Marisol Delgado").split()
    assert given == name("Marisol")
    assert surname == name("Delgado")
    assert name("Dunleavys") in {name("Dunleavy") + "s", name("Dunleavy") + "es"}
    assert re.fullmatch(r"[A-Z]\.[A-Z]\.", name("J.T."))


def test_different_people_stay_different_and_off_the_roster():
    made = [name(n) for n in ("Robert", "Marisol", "Ifeoma", "Delgado", "Dunleavy")]
    assert len(set(made)) == 5
    assert not {n.lower() for n in made} & set(ROSTER.names)


def test_a_roster_that_holds_the_pool_still_gives_free_names():
    first = name("Robert", client="x")
    crowded = build_roster("x", [Survey((form("robert", gender="m"), form(first.lower(), gender="m")))])
    both = {name(n, client="x", roster=crowded).lower() for n in ("Robert", first)}
    assert len(both) == 2
    assert not both & set(crowded.names)


def test_a_crowd_keeps_its_people_apart():
    crowd = build_roster(
        "x", [Survey(tuple(form(f"Zq{chr(97 + i // 26)}{chr(97 + i % 26)}xo".lower()) for i in range(150)))]
    )
    assert len({f.cluster for f in crowd.names.values()}) == 150
    made = surrogates(roster=crowd, client="x")
    assert len({made.text_for("NAME", n) for n in crowd.names}) == 150


def test_key_and_client_change_surrogates_and_nothing_else_does():
    surfaces = ["Robert", "Marisol", "Ifeoma", "Delgado", "Dunleavy"]
    assert [name(s) for s in surfaces] == [name(s) for s in surfaces]
    assert [name(s) for s in surfaces] != [name(s, key=OTHER_KEY) for s in surfaces]
    assert [name(s) for s in surfaces] != [name(s, client="c2") for s in surfaces]
    one = surrogates()
    backwards = [one.text_for("NAME", s) for s in reversed(surfaces)][::-1]
    assert backwards == [name(s) for s in surfaces]


def test_gender_follows_the_roster():
    from anonymize.surrogates.pools import pools

    given = pools()["given"]
    assert any(name("Robert") in pool["m"].split() for pool in given.values())
    assert any(name("Marisol") in pool["f"].split() for pool in given.values())
    assert name("Ifeoma") in given["african"]["f"].split() or name("Ifeoma") in given["english"]["f"].split()


@pytest.mark.parametrize("surface", ["[name]", "(client's employer)", "____", "...", "XXX", "<REDACTED>"])
def test_the_publishers_redactions_stay(surface):
    for style in ("surrogate", "placeholder"):
        assert surrogates(style=style).text_for("NAME", surface) == surface


def test_placeholders_number_people():
    one = surrogates(style="placeholder")
    assert one.text_for("NAME", "Bob") == one.text_for("NAME", "Robert's")
    assert re.fullmatch(r"\[NAME-\d\]", one.text_for("NAME", "Marisol Delgado"))
    assert one.text_for("NAME", "Marisol") != one.text_for("NAME", "Robert")
    assert one.text_for("NAME", "Somebody") == "[NAME]"
    assert one.text_for("DATE", "June 3rd") == "[DATE]"


@pytest.mark.parametrize(
    ("span_type", "surface", "shape"),
    [
        ("PHONE", "251-555-0139", r"\d{3}-555-01\d\d"),
        ("PHONE", "(251) 555-0139", r"\(\d{3}\) 555-01\d\d"),
        (
            "PHONE",
            "Three oh nine, five five five, oh one four six",
            r"[A-Z]\w+( \w+){2}, five five five, oh one \w+ \w+",
        ),
        ("FAX", "555-0188", r"555-01\d\d"),
        ("EMAIL", "j.doe@mail.test", r"[a-z]+\d\d@example\.(com|org)"),
        ("EMAIL", "j dot doe at mail dot com", r"[a-z]+ \w+ \w+ at example dot (com|org)"),
        ("URL", "https://a.test/x", r"https://example\.org/[a-z]+\d\d"),
        ("URL", "a place dot com slash mine", r"example dot org slash [a-z]+ \w+ \w+"),
        ("IP", "203.0.113.77", r"192\.0\.2\.\d{3}"),
        ("IP", "one ninety dot two dot zero dot nine", r"one nine two dot zero dot two dot \w+ \w+ \w+"),
        ("HANDLE", "@sad_potter", r"@[a-z]+_\d\d"),
        ("HANDLE", "at sad potter", r"at [a-z]+ \w+ \w+"),
        ("SSN", "412-55-9081", r"9\d\d-\d\d-\d{4}"),
        ("VEHICLE", "ZKP 418", r"[A-Z]{3} \d{3}"),
        ("LICENSE", "h 0042 7713", r"[a-z] \d{4} \d{4}"),
        ("ID", "HI-2213-0087", r"[A-Z]{2}-\d{4}-\d{4}"),
        ("LOCATION", "44107", r"\d{5}"),
        ("LOCATION", "418 Dunmore Road, apartment 3", r"\d{3} [A-Z][a-z]+ Road, apartment \d"),
        ("LOCATION", "ohio", r"[a-z ]+"),
        ("ORG", "UCLA", r"[A-Z]{4}"),
        ("ORG", "lakeview hospital", r"[a-z]+ hospital"),
        ("AGE90", "ninety-one", re.escape(OVER_89)),
    ],
)
def test_surrogates_keep_the_shape(span_type, surface, shape):
    made = surrogates().text_for(span_type, surface)
    assert re.fullmatch(shape, made)
    assert made != surface


def test_places_and_firms_keep_their_kind_and_stay_different():
    one = surrogates()
    road = one.text_for("LOCATION", "Dunmore Road")
    assert road == one.text_for("LOCATION", "Dunmore") + " Road"
    assert one.text_for("ORG", "Lakeview Hospital") != one.text_for("ORG", "Riverside Hospital")


DATES = [
    ("April 8th", r"([A-Z][a-z]+) \d+(st|nd|rd|th)"),
    ("the eighth of april", r"the [a-z-]+ of [a-z]+"),
    ("OCTOBER 1ST", r"[A-Z]+ \d+(ST|ND|RD|TH)"),
    ("04/08/2011", r"\d\d/\d\d/2011"),
    ("2011-04-08", r"2011-\d\d-\d\d"),
    ("4/8", r"\d+/\d+"),
    ("the fifteenth", r"the [a-z-]+"),
    ("November 30th, 1969", r"[A-Z][a-z]+ \d+(st|nd|rd|th), 1969"),
    ("Sept. 5", r"[A-Z][a-z]+\. \d+"),
    ("march of nineteen eighty-four", r"[a-z]+ of nineteen eighty-four"),
]


@pytest.mark.parametrize(("surface", "shape"), DATES)
def test_dates_move_in_their_shape(surface, shape):
    made = surrogates().text_for("DATE", surface)
    assert re.fullmatch(shape, made)
    assert made.lower() != surface.lower()


def test_one_date_has_one_surrogate_in_all_shapes():
    one = surrogates()
    said = {read_date(one.text_for("DATE", s))[1:] for s in ("April 8th", "the eighth of April", "4/8", "04/08/2011")}
    assert len(said) == 1


def test_surrogate_dates_keep_no_interval():
    one = surrogates()
    days = [one.text_for("DATE", f"June {day}") for day in range(1, 25)]
    moved = [dt.date(2001, *read_date(d)[1:]).toordinal() for d in days]
    assert len({b - a for a, b in itertools.pairwise(moved)}) > 12


def test_shifted_dates_keep_weekday_and_interval():
    one = surrogates(dates="shift")
    old = [dt.date(2011, 4, 8), dt.date(2011, 11, 30), dt.date(2012, 2, 29)]
    new = [dt.date.fromisoformat(one.text_for("DATE", d.isoformat())) for d in old]
    shifts = {b - a for a, b in zip(old, new, strict=True)}
    assert len(shifts) == 1
    (shift,) = shifts
    assert shift.days
    assert shift.days % 7 == 0
    other = surrogates(dates="shift", client="c9").text_for("DATE", "2011-04-08")
    assert (dt.date.fromisoformat(other) - old[0]).days % 7 == 0


def test_spoken_years_are_read_and_written():
    def next_year(date):
        return date.replace(year=date.year + 1)

    assert read_date("june first nineteen sixty-nine") == (1969, 6, 1)
    assert read_date("May '09") == (2009, 5, None)
    assert read_date("six twelve eighty-four") == (1984, 6, 12)
    assert move_date("June first, two thousand four", next_year) == "June first, two thousand five"
    assert move_date("june first nineteen ninety-nine", next_year) == "june first two thousand"
    assert move_date("June first twenty eleven", next_year) == "June first twenty twelve"
    assert all(read_date(f"{month} second")[1:] == (i, 2) for i, month in enumerate(MONTHS, 1))


def test_telephone_numbers_differ_by_number_only():
    one = surrogates()
    written, spoken = one.text_for("PHONE", "251-555-0139"), one.text_for("PHONE", "two five one 555 oh one three nine")
    assert digits_of(written) == digits_of(spoken)
    assert one.text_for("PHONE", "251-555-0171") != written


def test_unknown_options_are_usage_errors():
    with pytest.raises(UsageError, match="style"):
        surrogates(style="fancy")
    with pytest.raises(UsageError, match="dates"):
        surrogates(dates="none")


def test_an_empty_roster_serves_unknown_names():
    one = Surrogates(KEY, "c1", Roster("c1"))
    assert (
        one.text_for("NAME", "Marisol Delgado")
        == one.text_for("NAME", "Marisol") + " " + one.text_for("NAME", "Marisol Delgado").split()[1]
    )


def test_organisations_and_streets_taken_for_people_get_no_person_s_name():
    pools = tomllib.loads(
        (importlib.resources.files("anonymize.surrogates") / "pools.toml").read_text(encoding="utf-8")
    )
    assert name("Tolliver Poultry") in pools["firms"]["first"].split()
    assert surrogates().text_for("NAME", "Calle Allende").split()[-1] not in pools["surname"]["english"].split()


def test_parts_that_a_hyphen_joins_stay_given_names_and_honorifics_stay():
    assert name("Behrouz-ji").endswith("-ji")
    assert name("Ji-hoon-ah").endswith("-ah")
    assert name("the Feldsteins").endswith("s")


def test_unknown_gender_gives_a_neutral_name_or_follows_a_spanish_ending():
    pools = tomllib.loads(
        (importlib.resources.files("anonymize.surrogates") / "pools.toml").read_text(encoding="utf-8")
    )["given"]
    assert all(pool["u"].split() for pool in pools.values())
    assert name("Fernanda") in pools["spanish"]["f"].split()


def test_places_leave_no_loose_ends_and_no_stray_numbers():
    place = surrogates().text_for("LOCATION", "Back of the Yards")
    assert len(place.split()) == 1
    assert len(surrogates().text_for("LOCATION", "Three Rivers").split()) == 1
    assert re.fullmatch(r"Ninety-\w+(?<!fifth)", surrogates().text_for("LOCATION", "Ninety-fifth"))


def test_dates_of_other_calendars_lose_day_and_month():
    moved = surrogates().text_for("DATE", "the 4th of Azar")
    assert re.fullmatch(r"the \d+\w\w of [A-Z][a-z]+", moved)
    assert not set(moved.split()) & {"4th", "Azar"}
    assert surrogates().text_for("DATE", "el 5 de mayo").split()[-1] != "mayo"


def test_labels_of_records_stay():
    assert re.fullmatch(r"MRN \d\d-\d{5}", surrogates().text_for("MRN", "MRN 55-20718"))


@pytest.mark.parametrize(
    ("span_type", "surface", "shape"),
    [
        ("LOCATION", "St. Paul", r"St\. [A-Z][a-z]+"),
        ("ORG", "St. Brendan\u2019s", r"St\. [A-Z][a-z]+\u2019s"),
        ("ORG", "St. Mary's Hospital", r"St\. [A-Z][a-z]+ Hospital"),
        ("ORG", "the DMV", r"the [A-Z]{3}"),
        ("ORG", "LSG Medical Center", r"[A-Z]{3} Medical Center"),
        ("ORG", "Floyd Valley Co-op", r"[A-Z][a-z]+( Valley)? Co-op"),
        ("ORG", "Greater Shiloh Tabernacle", r"[A-Z][a-z]+ Tabernacle"),
        ("LOCATION", "Pimentel's", r"[A-Z][a-z]+'s"),
        ("LOCATION", "the hill", r"the [a-z]+"),
        ("LOCATION", "Prairie Ridge", r"[A-Z][a-z]+(?<!ridge) Ridge"),
        ("LOCATION", "el paso", r"[a-z]+"),
        ("LOCATION", "TARRYTOWN", r"[A-Z]+"),
        ("LOCATION", "St.", r"St\."),
        ("DATE", "August 20", r"[A-Z][a-z]+ [1-9]\d?"),
        ("DATE", "August 3", r"[A-Z][a-z]+ [1-9]\d?"),
        ("PHONE", "1-800-555-0173", r"1-800-555-01\d\d"),
        ("SSN", "Seven seven oh two", r"[A-Z][a-z]+( [a-z]+){3}"),
    ],
)
def test_surrogates_read_like_what_they_stand_for(span_type, surface, shape):
    assert re.fullmatch(shape, surrogates().text_for(span_type, surface))


def test_house_numbers_and_postal_codes_gain_no_leading_zero():
    one = surrogates()
    made = [one.text_for("LOCATION", f"{number} Dunmore Road") for number in range(100, 400)]
    assert not [text for text in made if text.startswith("0")]
    assert re.fullmatch(r"[1-9]\d{4}", one.text_for("LOCATION", "44107"))


def test_numbers_of_one_area_stay_in_one_area():
    one = surrogates()
    areas = {one.text_for("PHONE", f"251-555-01{tail}")[:3] for tail in range(10, 60)}
    assert len(areas) == 1
    assert areas != {"251"}
    assert not any(one.text_for("PHONE", f"{area}-555-0142")[1:3] == "11" for area in range(200, 900))


def test_a_day_alone_agrees_with_the_date_it_is_of():
    one = surrogates()
    assert one.text_for("DATE", "April fifteenth").split()[-1] == one.text_for("DATE", "the fifteenth").split()[-1]


def test_a_street_s_name_by_itself_is_the_street_s():
    roster = build_roster("c1", [Survey((form("tern", "either"), form("tern street", type_="LOCATION")))])
    one = surrogates(roster=roster)
    assert one.text_for("LOCATION", "Tern Street") == one.text_for("NAME", "Tern") + " Street"


def test_families_in_the_plural_alone_stay_plural():
    roster = build_roster("c1", [Survey((form("medeiroses", "either"), form("pachecos", "either")))])
    assert all(name(n, roster=roster).endswith("s") for n in ("Medeiroses", "Pachecos", "pachecos"))
