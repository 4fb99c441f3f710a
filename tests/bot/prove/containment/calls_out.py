"""Connects to a service of this host."""

import socket
import sys

try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=5).close()
    print("REACHED")
except OSError as error:
    print(error)
