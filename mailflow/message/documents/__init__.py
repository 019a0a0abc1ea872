"""What comes as a form, a list, a photo or a paper: return forms, lists of arrivals, labels, applications and reports of partners."""
