"""What :func:`mmssl.apis.pretrain` is made of: from a folder to a config."""
