"""mailflow runs a vendor's technical assistance centre by e-mail."""
