"""The kernels that run the chapters listen on this machine only; they need not warn of it."""

c = get_config()  # noqa: F821
c.Application.log_level = "ERROR"
