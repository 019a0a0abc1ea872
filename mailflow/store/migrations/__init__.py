"""The schema's history, one file a revision, inside the package so that every installation carries it."""
