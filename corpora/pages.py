"""HTML pages that stand alone: one inline stylesheet, no script, nothing fetched, every value escaped.

A page's template extends `base.html.jinja2` (blocks `title`, `header`, `main`) and may take `scroll` (a wide table that
keyboards reach) and `mark` from `macros.html.jinja2`. Filters: `number`, `percent`, `words`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from corpora.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jinja2 import Environment

_SHARED = Path(__file__).parent / "templates"


def write_page(path: Path, templates: Path, template: str, **values: object) -> None:
    """Render `templates/<template>.html.jinja2` with `values` to `path`, whole or not at all; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    html = _environment(templates).get_template(f"{template}.html.jinja2").render(**values)
    write_atomic(path, html.encode())


def drawing(svg: str) -> Any:
    """Mark a drawing of `corpora.plots` as markup; its labels must be ours, or escaped by matplotlib as text."""
    from markupsafe import Markup

    return Markup(svg)  # noqa: S704  matplotlib escapes every label


def slug(name: str) -> str:
    """A name as part of a file name and of a link: letters, digits, `_` and `-` only."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "unnamed"


@cache
def _environment(templates: Path) -> Environment:
    from jinja2 import Environment, FileSystemLoader
    from markupsafe import Markup

    loader = FileSystemLoader([templates, _SHARED])
    environment = Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    style = (_SHARED / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    # The policy names the one stylesheet by its hash: injected style and any script would be refused by the browser.
    environment.globals["style"] = Markup(style)  # noqa: S704  our own file
    environment.globals["policy"] = (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
    environment.filters["number"] = _number
    environment.filters["percent"] = _percent
    environment.filters["words"] = lambda name: str(name).replace("_", " ")
    return environment


def _percent(rate: Mapping[str, Any]) -> str:
    """A rate with its interval: "98.9 % (96.2 to 100.0)"."""
    if rate["rate"] is None:
        return "not measured"
    return f"{100 * rate['rate']:.1f} % ({100 * rate['low']:.1f} to {100 * rate['high']:.1f})"


def _number(value: Any) -> str:
    """A count with thousands separated, a fraction with three significant digits, anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.3g}"
