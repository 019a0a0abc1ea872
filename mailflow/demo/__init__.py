"""`mailflow demo`: the whole story on servers of our own, over real IMAP and SMTP on loopback, with the clock speeded up.

Importing it needs what the extra `mailflow[demo]` brings.
"""

from mailflow.demo.evening import run_demo

__all__ = ["run_demo"]
