"""Makes the helpers of this room importable; they serve no other."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
