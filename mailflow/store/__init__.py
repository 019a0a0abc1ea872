"""The store: every row of mailflow, on SQLite or PostgreSQL, through the same statements. It knows no mail format and no rule."""
