"""The calls that leave the process: SQL, HTTP, AWS, redis. One instrument per library, for whoever listens."""
