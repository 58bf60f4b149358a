"""The rolls of the house: who keeps its areas, posts and people, and the verbs they use."""
