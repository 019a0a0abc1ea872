"""A scenario played against the true pipeline with a simulated clock in a scratch database: every mail that would go out (BX2)."""
