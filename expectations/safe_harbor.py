"""The eighteen classes of 45 CFR 164.514(b)(2)(i), what is done about each, and what is not.

A table for the report: it says what was treated and checked, never that the rule is met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_REPLACED = "replaced"
_FORM = "structured identifiers left in the output"
_DETECTOR = "second detector, as a rate"
_NONE = "none besides the detector that replaced them"


@dataclass(frozen=True, slots=True)
class HarborClass:
    """One class of the rule.

    Attributes:
        letter: Its letter in 45 CFR 164.514(b)(2)(i).
        name: The class.
        types: The span types that stand for it; empty where it is not treated.
        treatment: What is done, as a phrase.
        check: Which check on this corpus looks for what is left.
    """

    letter: str
    name: str
    types: tuple[str, ...]
    treatment: str
    check: str


CLASSES = (
    HarborClass("A", "Names", ("NAME",), _REPLACED, "roster names and caller's names left in the output"),
    HarborClass("B", "Places smaller than a state", ("LOCATION",), _REPLACED, _DETECTOR),
    HarborClass("C", "Dates (except the year), ages over 89", ("DATE", "AGE90"), _REPLACED, _DETECTOR),
    HarborClass("D", "Telephone numbers", ("PHONE",), _REPLACED, _FORM),
    HarborClass("E", "Fax numbers", ("FAX",), _REPLACED, _FORM),
    HarborClass("F", "E-mail addresses", ("EMAIL",), _REPLACED, _FORM),
    HarborClass("G", "Social security numbers", ("SSN",), _REPLACED, _FORM),
    HarborClass("H", "Medical record numbers", ("MRN",), _REPLACED, _NONE),
    HarborClass("I", "Health plan numbers", ("HEALTH_PLAN",), _REPLACED, _NONE),
    HarborClass("J", "Account numbers", ("ACCOUNT",), _REPLACED, _DETECTOR),
    HarborClass("K", "Certificate and licence numbers", ("LICENSE",), _REPLACED, _DETECTOR),
    HarborClass("L", "Vehicle identifiers, licence plates", ("VEHICLE",), _REPLACED, _NONE),
    HarborClass("M", "Device identifiers, serial numbers", ("DEVICE",), _REPLACED, _NONE),
    HarborClass("N", "Web addresses", ("URL",), _REPLACED, _FORM),
    HarborClass("O", "IP addresses", ("IP",), _REPLACED, _FORM),
    HarborClass("P", "Biometric identifiers", (), "not treated: text holds no finger or voice prints", "none"),
    HarborClass("Q", "Full-face photographs", (), "not treated: pictures are not read", "none"),
    HarborClass(
        "R",
        "Any other unique number, characteristic or code",
        ("ID", "HANDLE"),
        "numbers, codes and user names replaced; any other unique characteristic is not treated: a story, a post or "
        "a rare event can point to one person",
        "only a reader can judge",
    ),
)


@dataclass(frozen=True, slots=True)
class HarborRow:
    """One class as one build treated it.

    Attributes:
        harbor: The class.
        treatment: What this build did.
        replaced: How many identifiers were replaced; None where the class is not treated.
        canaries: (caught, planted) canaries of the class; None where none was planted.
    """

    harbor: HarborClass
    treatment: str
    replaced: int | None
    canaries: tuple[int, int] | None


def harbor_rows(manifest: Mapping[str, Any]) -> list[HarborRow]:
    """The eighteen classes with what a build's manifest says of each; every part of it may be missing."""
    settings: Mapping[str, Any] = next(
        (stage for stage in manifest.get("recipe", ()) if stage.get("use") == "deidentify"), {}
    )
    planted = manifest.get("canaries", {}).get("by_class", {})
    rows = []
    for harbor, replaced in replaced_counts(manifest.get("identifiers", {}).get("by_class", {})):
        flown = [planted[name] for name in harbor.types if name in planted]
        canaries = (sum(rate["hits"] for rate in flown), sum(rate["of"] for rate in flown)) if flown else None
        rows.append(HarborRow(harbor, _treatment(harbor, settings), replaced, canaries))
    return rows


def _treatment(harbor: HarborClass, settings: Mapping[str, Any]) -> str:
    kept: Sequence[str] = [name for name in harbor.types if name in (settings.get("keep") or ())]
    if kept:
        return f"left in the text by the recipe ({', '.join(kept)}): not treated"
    if harbor.letter == "C" and settings.get("dates") == "shift":
        return "dates moved by one constant for each client, which is not Safe Harbor; ages over 89 replaced"
    return harbor.treatment


def replaced_counts(by_class: Mapping[str, int]) -> list[tuple[HarborClass, int | None]]:
    """Each class with how many identifiers of it were replaced; None for a class that is not treated."""
    return [(c, sum(by_class.get(name, 0) for name in c.types) if c.types else None) for c in CLASSES]
