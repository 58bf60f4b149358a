"""What the rules are: settings from the environment, and policy as data."""
