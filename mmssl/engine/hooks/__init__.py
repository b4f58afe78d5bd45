"""Hooks of the training and validation loops."""

from mmssl.engine.hooks.average_loss_hook import AverageLossHook
from mmssl.engine.hooks.bad_data_hook import BadDataHook
from mmssl.engine.hooks.checkpoint_hook import CheckpointHook
from mmssl.engine.hooks.collapse_hook import CollapseHook
from mmssl.engine.hooks.finite_guard_hook import FiniteGuardHook
from mmssl.engine.hooks.flow_visualization_hook import FlowVisualizationHook
from mmssl.engine.hooks.freeze_last_layer_hook import FreezeLastLayerHook
from mmssl.engine.hooks.load_report_hook import LoadReportHook
from mmssl.engine.hooks.max_and_last_hook import MaxAndLastHook
from mmssl.engine.hooks.momentum_teacher_hook import MomentumTeacherHook
from mmssl.engine.hooks.part_visualization_hook import PartVisualizationHook
from mmssl.engine.hooks.plain_message_hub_hook import PlainMessageHubHook
from mmssl.engine.hooks.probe_hook import ProbeHook
from mmssl.engine.hooks.start_without_hook import StartWithoutHook
from mmssl.engine.hooks.stop_signal_hook import StopSignalHook
from mmssl.engine.hooks.teacher_temp_hook import TeacherTempHook
from mmssl.engine.hooks.throughput_hook import ThroughputHook
from mmssl.engine.hooks.view_visualization_hook import ViewVisualizationHook

__all__ = [
    'MomentumTeacherHook',
    'AverageLossHook',
    'BadDataHook',
    'CheckpointHook',
    'CollapseHook',
    'FiniteGuardHook',
    'FlowVisualizationHook',
    'FreezeLastLayerHook',
    'LoadReportHook',
    'MaxAndLastHook',
    'PartVisualizationHook',
    'PlainMessageHubHook',
    'ProbeHook',
    'StartWithoutHook',
    'StopSignalHook',
    'TeacherTempHook',
    'ThroughputHook',
    'ViewVisualizationHook',
]
