"""The commands of ``mmssl``, one module each.

Every module has ``add_arguments(parser)`` and ``run(args) -> int`` (the exit
status); its docstring is the command's help, ``EXAMPLES`` what comes below
the options. To add one: the module, a line in ``mmssl.cli.COMMANDS``, and a
tool that calls ``mmssl.cli.run_command``. What is slow to import (torch,
OpenCV) is imported inside ``run``, so that help comes at once; users' mistakes
end in ``return fail(error)``.
"""
