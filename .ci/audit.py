"""Known vulnerabilities of the locked packages, by pip-audit: `make audit`.

Exit status 1 when there are some. pip-audit ends with 0 when the service knows none of the packages; here that is said.
"""

import json
import subprocess
import sys

LOCKS = ("requirements.lock", "requirements-dev.lock")
SECONDS = 300


def audited(lock: str) -> bool:
    """Print what is known of one lock file; whether nothing bad is."""
    command = [sys.executable, "-m", "pip_audit", "--progress-spinner=off", "--disable-pip", "--require-hashes",
               "--format=json", "-r", lock]  # fmt: skip
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=SECONDS)
        packages = json.loads(done.stdout)["dependencies"]
    except (subprocess.TimeoutExpired, ValueError):
        sys.stdout.write(f"{lock}: not audited, the service does not answer\n")
        return True
    bad = [(package["name"], package["version"], one["id"]) for package in packages for one in package.get("vulns", ())]
    for name, version, id_ in bad:
        sys.stdout.write(f"{lock}: {name} {version}: {id_}\n")
    answered = sum("skip_reason" not in package for package in packages)
    sys.stdout.write(f"{lock}: {answered} of {len(packages)} packages audited, {len(bad)} known vulnerabilities\n")
    return not bad


if __name__ == "__main__":
    good = [audited(lock) for lock in LOCKS]
    sys.exit(0 if all(good) else 1)
