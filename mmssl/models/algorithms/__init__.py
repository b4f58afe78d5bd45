"""Algorithms: whole models."""

from mmssl.models.algorithms.base import BaseAlgorithm
from mmssl.models.algorithms.cmp import CMP
from mmssl.models.algorithms.dense_linear_evaluation import (
    DenseLinearEvaluation,
)
from mmssl.models.algorithms.dino import DINO
from mmssl.models.algorithms.linear_evaluation import LinearEvaluation
from mmssl.models.algorithms.roi_linear_evaluation import RoILinearEvaluation
from mmssl.models.algorithms.scrl import SCRL
from mmssl.models.algorithms.solider import SOLIDER
from mmssl.models.algorithms.teacher_student import TeacherStudent

__all__ = [
    'TeacherStudent',
    'SCRL',
    'CMP',
    'DINO',
    'SOLIDER',
    'BaseAlgorithm',
    'DenseLinearEvaluation',
    'LinearEvaluation',
    'RoILinearEvaluation',
]
