"""Dense optical flow estimators of OpenCV behind one callable.

``build_estimator('dis')(frame0, frame1)`` returns the flow from frame 0 to
frame 1: pixel (x, y) of frame 0 is at (x + u, y + v) in frame 1.
"""

from __future__ import annotations

from typing import Any, Callable

import cv2
import numpy as np

DIS_PRESETS = {
    'ultrafast': cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST,
    'fast': cv2.DISOPTICAL_FLOW_PRESET_FAST,
    'medium': cv2.DISOPTICAL_FLOW_PRESET_MEDIUM,
}


class FlowEstimator:
    """Flow between two frames, in a step per frame and a step per pair.

    ``prepare`` is separate so that a frame that is in two pairs is converted
    once. Calling the estimator does both.

    Attributes:
        min_size: Shortest image side that the method can handle, in px.
    """

    min_size = 16

    def prepare(self, frame: np.ndarray, bgr: bool = False) -> Any:
        """Convert one frame for :meth:`between`.

        Args:
            frame: (H, W, 3) uint8.
            bgr: Whether its channels are BGR instead of RGB.

        Returns:
            What :meth:`between` takes.
        """
        code = cv2.COLOR_BGR2GRAY if bgr else cv2.COLOR_RGB2GRAY
        return cv2.cvtColor(frame, code)

    def between(self, first: Any, second: Any) -> np.ndarray:
        """Return (H, W, 2) float32 flow of two prepared frames."""
        raise NotImplementedError

    def __call__(
        self, frame0_rgb: np.ndarray, frame1_rgb: np.ndarray
    ) -> np.ndarray:
        """Return the flow from the first frame to the second.

        Args:
            frame0_rgb: (H, W, 3) uint8 RGB.
            frame1_rgb: The same shape.

        Returns:
            (H, W, 2) float32 (u right, v down) in px.

        Raises:
            ValueError: Frames differ in size, are too small, or no images.
        """
        self.check(frame0_rgb, frame1_rgb)
        return self.between(self.prepare(frame0_rgb), self.prepare(frame1_rgb))

    def check(self, frame0: np.ndarray, frame1: np.ndarray) -> None:
        """Raise ValueError unless both frames are fit for the method."""
        if frame0.shape != frame1.shape:
            raise ValueError(
                'frames of a pair must have the same size, got '
                f'{frame0.shape} and {frame1.shape}'
            )
        if frame0.ndim != 3 or frame0.shape[2] != 3:
            raise ValueError(
                f'frames must be (H, W, 3) RGB, got {frame0.shape}'
            )
        if frame0.dtype != np.uint8 or frame1.dtype != np.uint8:
            raise ValueError(
                f'frames must be uint8, got {frame0.dtype}, {frame1.dtype}'
            )
        if min(frame0.shape[:2]) < self.min_size:
            raise ValueError(
                f'frames must have at least {self.min_size} px on the '
                f'shorter side for this method, got {frame0.shape[:2]}'
            )


class DISFlow(FlowEstimator):
    """Dense inverse search.

    Source: Kroeger et al. 2016, arXiv:1603.03590; OpenCV's implementation.

    Args:
        preset: 'ultrafast', 'fast' or 'medium'.
    """

    def __init__(self, preset: str = 'medium') -> None:
        if preset not in DIS_PRESETS:
            raise ValueError(
                f'unknown DIS preset {preset!r}; valid: {sorted(DIS_PRESETS)}'
            )
        self._engine: Any = cv2.DISOpticalFlow.create(DIS_PRESETS[preset])

    def between(self, first: Any, second: Any) -> np.ndarray:
        """Return (H, W, 2) float32 flow of two grey frames."""
        try:
            return self._engine.calc(first, second, None)
        except cv2.error as error:
            # Its pyramid follows the width alone: long strips vanish in it.
            raise ValueError(
                f'DIS cannot handle frames of (H, W) = {first.shape}: '
                f'{error.err}'
            ) from error


class FarnebackFlow(FlowEstimator):
    """Polynomial expansion.

    Source: Farneback 2003 (SCIA); OpenCV's implementation.

    Args:
        levels: Pyramid levels, each half the size of the last.
        window: Averaging window in px.
        iterations: Iterations per level.
        poly_n: Neighbourhood of the polynomial, 5 or 7.
    """

    def __init__(
        self,
        levels: int = 5,
        window: int = 15,
        iterations: int = 3,
        poly_n: int = 5,
    ) -> None:
        if poly_n not in (5, 7):
            raise ValueError(f'poly_n must be 5 or 7, got {poly_n}')
        self._engine: Any = cv2.FarnebackOpticalFlow.create(
            numLevels=levels,
            pyrScale=0.5,
            winSize=window,
            numIters=iterations,
            polyN=poly_n,
            polySigma=1.1 if poly_n == 5 else 1.5,
        )

    def between(self, first: Any, second: Any) -> np.ndarray:
        """Return (H, W, 2) float32 flow of two grey frames."""
        return self._engine.calc(first, second, None)


class ContribFlow(FlowEstimator):
    """A method of OpenCV's contributed module ``cv2.optflow``.

    Args:
        factory: Name of the function of ``cv2.optflow`` that makes it.
        colour: Whether the method takes colour frames.

    Raises:
        ImportError: This OpenCV was built without the contributed modules.
    """

    def __init__(self, factory: str, colour: bool = False) -> None:
        make = getattr(getattr(cv2, 'optflow', None), factory, None)
        if make is None:
            raise ImportError(
                f'cv2.optflow.{factory} is not in this OpenCV '
                f'({cv2.__version__}): replace opencv-python by '
                'opencv-contrib-python of the same version'
            )
        self._colour = colour
        self._engine = make()

    def prepare(self, frame: np.ndarray, bgr: bool = False) -> Any:
        """Convert one frame to what the method takes: BGR or grey."""
        if not self._colour:
            return super().prepare(frame, bgr)
        return frame if bgr else cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)

    def between(self, first: Any, second: Any) -> np.ndarray:
        """Return (H, W, 2) float32 flow of two prepared frames."""
        return self._engine.calc(first, second, None)


def _contrib(factory: str, colour: bool = False) -> Callable[[], Any]:
    return lambda: ContribFlow(factory, colour)


def _raft(variant: str) -> Callable[..., Any]:
    def make(**options: Any) -> FlowEstimator:
        # Imported here: OpenCV's methods must not pay for torch.
        from mmssl.flow.raft import RAFTFlow

        return RAFTFlow(variant, **options)

    return make


ESTIMATORS: dict[str, Callable[..., FlowEstimator]] = {
    'dis': DISFlow,
    'farneback': FarnebackFlow,
    'deepflow': _contrib('createOptFlow_DeepFlow'),
    'denserlof': _contrib('createOptFlow_DenseRLOF', colour=True),
    'pcaflow': _contrib('createOptFlow_PCAFlow'),
    'sparsetodense': _contrib('createOptFlow_SparseToDense'),
    'tvl1': _contrib('createOptFlow_DualTVL1'),
    'raft_small': _raft('small'),
    'raft_large': _raft('large'),
}


def build_estimator(name: str, **options: Any) -> FlowEstimator:
    """Build a flow estimator by name.

    Args:
        name: One of ``dis``, ``farneback``; ``deepflow``, ``denserlof``,
            ``pcaflow``, ``sparsetodense``, ``tvl1`` (need
            opencv-contrib-python); ``raft_small``, ``raft_large`` (need
            ``weights=``).
        **options: Arguments of the method, e.g. ``preset='fast'``.

    Returns:
        Callable ``(frame0_rgb, frame1_rgb) -> (H, W, 2) float32``.

    Raises:
        ValueError: Unknown name; the valid ones are listed.
        ImportError: This OpenCV does not have the method.
        TypeError: An option that the method does not know.

    Example:
        >>> frame = np.zeros((32, 32, 3), np.uint8)
        >>> build_estimator('dis', preset='fast')(frame, frame).shape
        (32, 32, 2)
    """
    if name not in ESTIMATORS:
        raise ValueError(
            f'unknown flow method {name!r}; valid: {sorted(ESTIMATORS)}'
        )
    return ESTIMATORS[name](**options)
