"""外发通知: what happens to tickets, told to systems that are not ours at addresses of theirs."""
