"""How a call to the platform ends other than well."""

from datetime import datetime

from jobs.channels.rulings import Ruling, ruling


class ApiRefused(Exception):
    """The platform said no; the ruling says what follows."""

    def __init__(self, api: str, errcode: int, errmsg: str = "") -> None:
        super().__init__(f"{api}: {errcode} {ruling(errcode).means}")
        self.api = api
        self.errcode = errcode
        self.errmsg = errmsg

    @property
    def ruling(self) -> Ruling:
        return ruling(self.errcode)


class ApiStopped(Exception):
    """We do not call: this API or account is known to be refused until then."""

    def __init__(self, api: str, until: datetime, reason: str) -> None:
        super().__init__(f"{api or 'account'} stopped until {until.isoformat()}: {reason}")
        self.api = api
        self.until = until


class CredentialsMissing(Exception):
    """Neither the settings nor the account's row hold an app id and a secret."""
