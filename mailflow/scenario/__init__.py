"""Scenarios: mails and moments written down as a file, and played through the true pipeline."""
