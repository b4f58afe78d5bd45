"""Sphinx: the Markdown pages of this folder and the API, as one site."""

from __future__ import annotations

import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path.insert(0, str(ROOT))

project = 'mmssl'
author = 'The mmssl authors'
copyright = author
release = re.findall(
    r"__version__ = '([^']+)'", (ROOT / 'mmssl' / 'version.py').read_text()
)[0]

extensions = [
    'myst_parser',
    'sphinx.ext.apidoc',
    'sphinx.ext.autodoc',
    'sphinx.ext.napoleon',
    'sphinx.ext.viewcode',
    'sphinx_copybutton',
]
root_doc = 'index'
exclude_patterns = ['_build']
nitpicky = False

# Headings can be linked to: page.md#heading.
myst_heading_anchors = 3
myst_enable_extensions = ['colon_fence', 'deflist']

# One page a package, made anew at each build.
apidoc_modules = [
    dict(
        path='../mmssl',
        destination='api',
        exclude_patterns=['**/testing/**', '**/__main__.py'],
        max_depth=2,
        module_first=True,
        include_private=False,
    )
]
# A class has one page: that of its own module.
autodoc_default_options = {'ignore-module-all': True}
autodoc_typehints = 'signature'
autodoc_member_order = 'bysource'
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_attr_annotations = False  # numpy.bool_ would be read as a link
# Annotations name classes without their modules; a few share a name.
suppress_warnings = ['ref.python']

html_theme = 'furo'
html_title = f'mmssl {release}'
html_static_path: list[str] = []
copybutton_prompt_text = r'>>> |\.\.\. |\$ '
copybutton_prompt_is_regexp = True


def tidy_docstring(app, what, name, obj, options, lines):
    """Make our docstrings what reStructuredText wants of them.

    ``Source:`` and ``Deviates:`` with hanging lines become paragraphs, and
    the bars of |d| no longer look like substitutions.
    """
    tidy: list[str] = []
    inside = False
    for line in lines:
        label = re.match(r'(Source|Deviates): ', line)
        inside = bool(label) or (inside and line.startswith('    '))
        if label:
            line = f'**{label[1]}**: {line[label.end() :]}'
            tidy.append('')
        elif inside:
            line = line.strip()
        elif tidy and tidy[-1].strip() and line.strip() and _was_inside(tidy):
            tidy.append('')
        tidy.append(line.replace('|', r'\|'))
    lines[:] = tidy


def _was_inside(lines):
    """Tell whether the last paragraph is one that was made above."""
    for line in reversed(lines):
        if not line.strip():
            return False
        if line.startswith(('**Source**', '**Deviates**')):
            return True
    return False


def setup(app):
    """Run before napoleon, which sees the Args and Returns."""
    app.connect('autodoc-process-docstring', tidy_docstring, priority=400)
