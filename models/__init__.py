"""What the domain knows: tables with verbs, state machines, the event log, the outbox."""
