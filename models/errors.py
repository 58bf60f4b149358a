"""What can be wrong in the domain. Each door maps these once, in its reader's language."""


class DomainError(Exception):
    """A state of affairs the domain refuses. `context` fills the template of the same name."""

    template = "refused"

    def __init__(self, detail: str = "", **context: object) -> None:
        super().__init__(detail or self.template)
        self.context = context


class NotFound(DomainError):
    template = "not_found"


class NotAllowed(DomainError):
    """This person may not do or see this."""

    template = "not_allowed"


class TransitionNotAllowed(DomainError):
    """The state does not know this action."""

    template = "transition_not_allowed"


class ReasonMissing(DomainError):
    template = "reason_missing"


class NothingSaid(DomainError):
    """No word that can be read: blanks, or signs alone."""

    template = "nothing_said"


class TooLate(DomainError):
    """The time in which this was possible has passed."""

    template = "too_late"


class AlreadyDone(DomainError):
    template = "already_done"


class KeyUsedOtherwise(DomainError):
    """Another request came under this key before."""

    template = "key_used_otherwise"


class TakenOverAlready(DomainError):
    """Somebody else is talking to this resident just now."""

    template = "taken_over_already"


class AbsenceUnfit(DomainError):
    """A leave that can not be so: its `field` is days, overlap or substitute."""

    template = "absence_unfit"


class ConsentMissing(DomainError):
    """The person has not agreed to what their data would be used for, or no longer."""

    template = "consent_missing"


class TooManyHomes(DomainError):
    """Another home is kept once one of those is left."""

    template = "too_many_homes"


class PhotoGone(DomainError):
    """A form names a photo that its sender never brought, or that went with another form."""

    template = "photo_gone"


class StoreBusy(DomainError):
    """The database did not take the work in time; nothing was kept, try again."""

    template = "store_busy"


class TooManyAttempts(DomainError):
    """Wait, whoever you are; the same words for a name or a code that does not exist."""

    template = "too_many_attempts"
