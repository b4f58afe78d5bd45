"""A second network that follows the first one slowly."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from typing import Any, Literal

import torch
from torch import Tensor, nn

from mmssl.utils.momentum_schedule import check_momentum
from mmssl.utils.stages import stage

INITS = ('copy', 'independent')
BUFFERS = ('average', 'copy', 'own')


class MomentumTeacher(nn.Module):
    """Copies of a student's parts, moved by :meth:`update` alone.

    t <- m t + (1 - m) s, for every parameter t and the student's s. Nothing
    is trained here, and nothing is asked of a GPU. The teacher trains and
    evaluates in the student's mode: its batch norms see batches of their own.

    Source: the published SCRL and BYOL. ``init='independent'`` and
        ``buffers='own'`` are what the published SCRL does.
    Deviates: none.

    Args:
        student: Name -> part. Parts without parameters need no teacher and
            are left out. They are not registered here once more.
        init: ``'copy'``: starts as the student starts, its pretrained
            weights included; ``'independent'``: from its own random draw.
        own: ``init='independent'`` only: name -> part that was built apart.
        buffers: what happens to buffers (batch statistics) in an update:
            ``'own'``: nothing; ``'copy'``: they become the student's;
            ``'average'``: they move like parameters (integers are copied).

    Raises:
        ValueError: Unknown ``init`` or ``buffers``; parts are missing, or
            teacher and student differ in names, shapes or kinds of numbers.

    Example:
        >>> student = nn.Linear(1, 1, bias=False)
        >>> teacher = MomentumTeacher({'net': student})
        >>> _ = nn.init.constant_(student.weight, 10.0)
        >>> _ = nn.init.constant_(teacher.net.weight, 0.0)
        >>> teacher.update(0.75)
        >>> teacher.net.weight
        Parameter containing:
        tensor([[2.5000]])
    """

    def __init__(
        self,
        student: Mapping[str, nn.Module],
        init: Literal['copy', 'independent'] = 'copy',
        own: Mapping[str, nn.Module] | None = None,
        buffers: Literal['own', 'copy', 'average'] = 'own',
    ) -> None:
        _check_choice('init', init, INITS)
        _check_choice('buffers', buffers, BUFFERS)
        student = {n: part for n, part in student.items() if _has_own(part)}
        missing = sorted(student.keys() - (own or {}).keys())
        if init == 'independent' and missing:
            raise ValueError(
                f"init='independent' needs parts of the teacher's own; "
                f'missing: {", ".join(missing)}'
            )
        super().__init__()
        parts = copy.deepcopy(student) if init == 'copy' else own or {}
        for name in student:
            self.add_module(name, parts[name])
        self.init = init
        self.buffer_policy = buffers
        # A plain dict: the student is no part of the teacher.
        self._student = student
        self._check()
        self._checked = False  # once more when it is placed and converted
        self.requires_grad_(False)

    def init_weights(self) -> None:
        """Start anew, after the student was initialised."""
        if self.init == 'copy':
            self.copy_student()
            return
        for part in self.children():
            start: Any = getattr(part, 'init_weights', None)
            if start is not None:
                start()

    @torch.no_grad()
    def copy_student(self) -> None:
        """Become the student: parameters and buffers."""
        for kind in ('parameters', 'buffers'):
            _copy(*self._both(kind))

    @torch.no_grad()
    def update(self, momentum: float) -> None:
        """Move towards the student: t <- m t + (1 - m) s.

        Args:
            momentum: m, the weight of the old teacher.

        Raises:
            ValueError: ``momentum`` is not in [0, 1].
        """
        check_momentum(momentum)
        if not self._checked:
            self._check()
            self._checked = True
        with stage('teacher update'):
            _average(*self._both('parameters'), 1 - momentum)
            if self.buffer_policy == 'average':
                _average(*self._both('buffers'), 1 - momentum)
            elif self.buffer_policy == 'copy':
                _copy(*self._both('buffers'))

    def _both(self, kind: str) -> tuple[list[Tensor], list[Tensor]]:
        """Return all parameters, or buffers, of teacher and student.

        They are looked up each time: who moves a model to another device or
        loads weights may have put new tensors there.
        """
        old = [t for part in self.children() for t in getattr(part, kind)()]
        students = [self._student[name] for name, _ in self.named_children()]
        new = [t for part in students for t in getattr(part, kind)()]
        if len(old) != len(new):
            self._check()
        return old, new

    def _check(self) -> None:
        """Compare names, shapes and kinds of numbers.

        Raises:
            ValueError: They differ; it is said where.
        """
        mine, theirs = _described(self._modules), _described(self._student)
        wrong = [
            f'{name}: {mine.get(name, "missing")} in the teacher, '
            f'{theirs.get(name, "missing")} in the student'
            for name in sorted(mine.keys() | theirs.keys())
            if mine.get(name) != theirs.get(name)
        ]
        if wrong:
            shown = '; '.join(wrong[:5])
            raise ValueError(
                f'teacher and student differ in {len(wrong)} tensor(s): '
                f'{shown}{"; ..." if len(wrong) > 5 else ""}'
            )
        half = [name for name, text in mine.items() if 'float16' in text]
        if half:
            raise ValueError(
                f'{half[0]} of the teacher has {mine[half[0]]}: half '
                'precision rounds small movements away. Keep weights in '
                'float32 and train by autocast (AmpOptimWrapper)'
            )


def _check_choice(name: str, value: str, valid: Iterable[str]) -> None:
    if value not in valid:
        raise ValueError(
            f'unknown {name} {value!r}; valid: {", ".join(valid)}'
        )


def _has_own(part: nn.Module | None) -> bool:
    """Whether a part has parameters."""
    return part is not None and any(True for _ in part.parameters())


def _described(parts: Mapping[str, Any]) -> dict[str, str]:
    """Return dotted name -> shape and kind of numbers, of all tensors."""
    return {
        f'{name}.{key}': f'{tuple(value.shape)} {value.dtype}'
        for name, part in parts.items()
        for tensors in (part.named_parameters(), part.named_buffers())
        for key, value in tensors
    }


def _by_kind(
    old: list[Tensor], new: list[Tensor]
) -> list[tuple[list[Tensor], list[Tensor]]]:
    """Group pairs by kind of numbers, for torch's foreach kernels."""
    groups: dict[Any, tuple[list[Tensor], list[Tensor]]] = {}
    for one, other in zip(old, new):
        group = groups.setdefault((one.dtype, one.device), ([], []))
        group[0].append(one)
        group[1].append(other)
    return list(groups.values())


def _copy(old: list[Tensor], new: list[Tensor]) -> None:
    for mine, theirs in _by_kind(old, new):
        torch._foreach_copy_(mine, theirs)


def _average(old: list[Tensor], new: list[Tensor], weight: float) -> None:
    """Average floating tensors, copy the others."""
    for mine, theirs in _by_kind(old, new):
        if mine[0].is_floating_point():
            torch._foreach_lerp_(mine, theirs, weight)
        else:
            torch._foreach_copy_(mine, theirs)
