"""What travels with a notice: the return form, the carton label, the calendar entry. Values in, bytes out."""
