"""No test reads or writes the user's cache; those about the cache name a folder of their own."""

import os

os.environ["COSTMOD_CACHE"] = "off"
