"""Prints sixteen MiB in lines, then why."""

for _ in range(1 << 14):
    print("x" * 1023)
print("ValueError: ::add-mask::last ##[group]words")
