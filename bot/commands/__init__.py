"""The commands, by what a user is after; each is arguments in, one room after the other, an exit code out."""
