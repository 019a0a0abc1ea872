"""Room 4: what a customer or member of staff reads. Values in, text, HTML and bytes out; no store, no network, no clock."""
