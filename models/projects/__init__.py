"""Projects: livelihood items, monthly key tasks and breakthroughs, with milestones and a page."""
