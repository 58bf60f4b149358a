"""A second server that behaves as the WeChat platform does; it shares no code with the product."""

from app.sandbox.application import create_sandbox
from app.sandbox.options import SandboxOptions

__all__ = ["SandboxOptions", "create_sandbox"]
