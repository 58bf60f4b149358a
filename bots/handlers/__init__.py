"""What is answered, one file per subject; importing them fills the registry."""

from importlib import import_module

SUBJECTS = (
    *("account", "building_heads", "digests", "directory", "directory_answers", "following"),
    *("homes", "intake", "media", "notices", "people", "ratings", "splitting", "tasks"),
    *("takeovers", "task_reports", "tickets"),
)


def load_all() -> None:
    """Registers every handler; called once, when the dialogue is imported."""
    for subject in SUBJECTS:
        import_module(f"bots.handlers.{subject}")
