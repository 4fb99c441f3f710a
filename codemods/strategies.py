"""The strategy that loads nothing, so that callers word it otherwise than those that do."""

KEY_COLUMN = "key column"
