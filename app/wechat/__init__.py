"""The door to WeChat: pushes in, passive replies out."""
