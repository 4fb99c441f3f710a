"""Leaves a process behind that has left its session, ends what would end it, and itself."""

import os
import signal
import subprocess
import sys

ESCAPE = "import os,sys; os.fork() and os._exit(0); os.setsid(); os.execvp('sleep', ['sleep', sys.argv[1]])"
subprocess.run([sys.executable, "-c", ESCAPE, sys.argv[1]], check=False)
print("left", flush=True)
os.kill(os.getppid(), signal.SIGKILL)
os.kill(os.getpid(), signal.SIGKILL)
