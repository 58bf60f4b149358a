"""Why a push is turned away. The webhook answers each with its status and one line of log."""


class Refused(Exception):
    """Nothing was kept of this push. The reason holds none of its text."""

    status = 400


class Malformed(Refused):
    """No push of WeChat looks like this."""


class NotGenuine(Refused):
    """The signature, the account or the sender is not what it claims to be."""

    status = 403


class Stale(Refused):
    """The push was signed too long ago, or in the future."""

    status = 403


class UnknownAccount(Refused):
    status = 404


class TooLarge(Refused):
    status = 413
