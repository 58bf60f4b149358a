"""What is answered, one file per subject; importing them fills the registry."""

from importlib import import_module

SUBJECTS = (
    *("absences", "account", "building_heads", "check_ins", "clarifying", "consents"),
    *("digests", "directory", "directory_answers", "emergencies", "hazards"),
    *("following", "homes", "intake", "join_codes", "joining", "legacy", "legacy_steps"),
    *("matchings", "media", "notices", "own_figures", "own_homes"),
    *("on_site", "operation_plans", "operation_sheets", "operation_teams", "operations"),
    *("pages", "people", "progress", "projects", "ratings", "reports", "rounds", "sign_ins"),
    *("splitting", "supervisions", "takeovers", "task_reports", "tasks", "team_figures", "tickets"),
    *("urgencies", "whistles"),
)


def load_all() -> None:
    """Registers every handler; called once, when the dialogue is imported."""
    for subject in SUBJECTS:
        import_module(f"bots.handlers.{subject}")
