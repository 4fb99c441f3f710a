"""After the merge, whether the saving was real."""
