"""Base of methods in which a student learns from its own moving average."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from torch import Tensor, nn

from mmssl.models.algorithms.base import BaseAlgorithm, Part, build_part
from mmssl.models.utils.momentum_teacher import MomentumTeacher


class TeacherStudent(BaseAlgorithm):
    """A student with a :class:`MomentumTeacher` of its parts.

    The student is ``backbone``, ``neck`` and ``more_parts``; the teacher,
    ``teacher``, has the same parts under the same names, as far as they have
    parameters. Whoever trains calls :meth:`update_teacher` after each step of
    the optimiser: :class:`~mmssl.engine.hooks.MomentumTeacherHook`.

    Args:
        backbone: config or module.
        neck: config or module. Defaults to None.
        head: config or module; the teacher has none. Defaults to None.
        teacher_init: ``'copy'`` of the student, or ``'independent'``: its
            own random initialisation, which takes configs, not modules.
        teacher_buffers: ``'own'``, ``'copy'`` or ``'average'``, see
            :class:`MomentumTeacher`.
        more_parts: name -> config or module of the student's other parts.
        **kwargs: of :class:`BaseAlgorithm`.

    Raises:
        TypeError: a part is neither config nor module.
        ValueError: unknown ``teacher_init`` or ``teacher_buffers``, or an
            independent teacher of modules.
    """

    def __init__(
        self,
        backbone: Part,
        neck: Part = None,
        head: Part = None,
        *,
        teacher_init: Literal['copy', 'independent'] = 'copy',
        teacher_buffers: Literal['own', 'copy', 'average'] = 'own',
        more_parts: Mapping[str, Part] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(backbone, neck, head, **kwargs)
        configs = {'backbone': backbone, 'neck': neck, **(more_parts or {})}
        for name, part in (more_parts or {}).items():
            setattr(self, name, build_part(part, name, optional=True))
        student = {name: getattr(self, name) for name in configs}
        # The last child: it is initialised after the student.
        self.teacher = MomentumTeacher(
            student,
            init=teacher_init,
            own=_built_again(configs, student)
            if teacher_init == 'independent'
            else None,
            buffers=teacher_buffers,
        )
        self._register_load_state_dict_pre_hook(self._fill_in_teacher)

    def update_teacher(self, momentum: float) -> None:
        """Move the teacher: t <- m t + (1 - m) s, once after each step.

        Args:
            momentum: m, the weight of the old teacher, in [0, 1].

        Raises:
            ValueError: ``momentum`` is out of range.
        """
        self.teacher.update(momentum)

    def leave_out_step(self) -> None:
        """Forget what was noted for a step that is not taken; here nothing."""

    def _fill_in_teacher(
        self, state: dict[str, Tensor], prefix: str, *_others: Any
    ) -> None:
        """Give the teacher the student's weights where a file has none.

        So what starts as a copy also does so from a checkpoint of another
        method, or of a backbone alone.
        """
        mine = f'{prefix}teacher.'
        if self.teacher.init != 'copy' or any(
            n.startswith(mine) for n in state
        ):
            return
        for name in self.teacher.state_dict():
            if prefix + name in state:
                state[mine + name] = state[prefix + name]


def _built_again(
    configs: Mapping[str, Part], student: Mapping[str, nn.Module | None]
) -> dict[str, nn.Module]:
    """Build the parts with parameters once more.

    Raises:
        ValueError: One was given as a module: it cannot be drawn anew.
    """
    needed = {
        name: configs[name]
        for name, part in student.items()
        if part is not None and any(True for _ in part.parameters())
    }
    modules = [n for n, c in needed.items() if isinstance(c, nn.Module)]
    if modules:
        raise ValueError(
            f"teacher_init='independent' needs a config of {modules[0]}, got "
            f"a module: give a config, or set teacher_init='copy'"
        )
    return {name: build_part(c, name) for name, c in needed.items()}
