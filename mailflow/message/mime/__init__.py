"""Bytes to a Mail: parsing, charsets, headers, bodies and attachments (RFC 5322, MIME)."""
