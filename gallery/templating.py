"""Documents in HTML, by Jinja2 from the folder `templates`.

Invariant: every value is escaped but the style and script of our own files, and a value that is missing is an error.
What a document may load and run is what its policy names: that style and that script, by their hashes, and pictures
from beside it; nothing else runs, nothing is fetched.
"""

import base64
import hashlib
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def document(template: str, *, style: str, script: str, **values: object) -> str:
    """The whole document of this template, which extends `base.html`. `style` and `script` are ours, to the letter."""
    policy = _policy(style, script)
    return render(template, style=Markup(style), script=Markup(script), policy=policy, **values)


def render(template: str, **values: object) -> str:
    """A template with these values."""
    return _environment().get_template(template).render(values)


def prepare() -> None:
    """Reads all templates, which the first page would have to wait for."""
    for name in _environment().list_templates(extensions=["html"]):
        _environment().get_template(name)


def asset(name: str) -> str:
    """A file of the folder as it is."""
    source, _, _ = _loader().get_source(_environment(), name)
    return source


@cache
def _loader() -> PackageLoader:
    return PackageLoader("gallery")


@cache
def _environment() -> Environment:
    return Environment(
        loader=_loader(), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True)


def _policy(style: str, script: str) -> str:
    """Pictures from this folder, this style and this script; no connection, frame, form or font of any kind.

    `file:` is there for browsers in which a page from disk has no self.
    """
    return (
        f"default-src 'none'; img-src 'self' file:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
