"""What is wrong with a call, in the standard's own form: its code and a description."""


class Refused(Exception):
    """Not as asked; `code` is the status of HTTP, the words are for whoever writes the client."""

    code = 400

    def __init__(self, description: str) -> None:
        super().__init__(description)
        self.description = description


class Unusable(Refused):
    """Something that was sent can not be understood."""


class Unknown(Refused):
    """There is no such thing, or none that may be read from outside."""

    code = 404


class KeyRefused(Refused):
    """No key, or one that may not do this."""

    code = 403


class TooMany(Refused):
    """More in one minute than is taken."""

    code = 429
