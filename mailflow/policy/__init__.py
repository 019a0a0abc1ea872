"""The rules as pure functions over frozen values. No store, no files, no clock."""
