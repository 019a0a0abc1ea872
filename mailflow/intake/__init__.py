"""Room 1: takes mail from mailboxes, stores it raw, and only then tells the server. It does not read what a mail says."""
