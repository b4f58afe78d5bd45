"""Write down all versions that one environment has."""

from __future__ import annotations

import re
import subprocess

from environment import (
    CONSTRAINTS,
    LOCKED,
    REQUIREMENTS,
    Environment,
    normal_name,
    requirement_names,
)
from steps import say

# Not what torch brings for a GPU: it pins that itself, and other machines
# need others.
_FROM_TORCH = re.compile(r'(nvidia|cuda)-|triton$|mmssl$')


def write_lock(env: Environment) -> None:
    """Write the versions in the environment into locked.txt.

    Not those pinned by hand, and not what torch brings for a GPU: its
    own requirements pin that, and other machines need others.
    """
    freeze = ['-m', 'pip', 'freeze', '--all', '--exclude-editable']
    done = subprocess.run(
        [str(env.python), *freeze],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    skip = pinned_by_hand()
    lines = []
    for line in done.stdout.splitlines():
        name = normal_name(line.partition('==')[0])
        if '==' in line and name not in skip and not _FROM_TORCH.match(name):
            lines.append(f'{line}; python_version == "3.11"\n')
    old = LOCKED.read_text(encoding='utf-8').splitlines(keepends=True)
    head = [line for line in old if line.startswith('#')]
    LOCKED.write_text(''.join(head + lines), encoding='utf-8')
    say(f'{LOCKED}: {len(lines)} versions')


def pinned_by_hand() -> set[str]:
    """Return the names in constraints.txt, and those exact elsewhere."""
    names = requirement_names(CONSTRAINTS.read_text(encoding='utf-8'))
    for file in REQUIREMENTS.glob('*.txt'):
        if file not in (CONSTRAINTS, LOCKED):
            lines = file.read_text(encoding='utf-8').splitlines()
            exact = '\n'.join(line for line in lines if '==' in line)
            names += requirement_names(exact)
    return {normal_name(name) for name in names}
