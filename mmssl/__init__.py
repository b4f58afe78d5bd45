"""Self-supervised pretraining that keeps spatial structure, for OpenMMLab."""

from mmssl.utils.host import register_config_scheme, replace_pkg_resources
from mmssl.utils.versions import warn_untested_versions
from mmssl.version import __version__

register_config_scheme()
replace_pkg_resources()
warn_untested_versions()

__all__ = ['__version__']
