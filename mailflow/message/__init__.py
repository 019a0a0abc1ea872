"""What does a mail say? Pure reading: bytes in, frozen values out. Imports nothing else of the house."""
