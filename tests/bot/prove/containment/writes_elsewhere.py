"""Appends to every file that it is given, and makes one beside each."""

import sys
from pathlib import Path

for name in sys.argv[1:]:
    for path in (Path(name), Path(name + ".new")):
        try:
            with path.open("a") as file:
                file.write("planted")
            print("REACHED")
        except OSError as error:
            print(error)
