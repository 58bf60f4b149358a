"""The doors: WeChat, the sandbox, the command line."""
