"""The door to WeChat, pushed at from outside."""
