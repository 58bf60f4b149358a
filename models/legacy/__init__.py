"""Legacy problems: matters left from before, each with a task force, a plan and milestones."""
