"""Room 7: takes mails that are due from the outbox, sends them, and marks what became of them. It does not write letters."""
