"""The message ledger as staff see it: which rows, whom each was for, what may be done."""
