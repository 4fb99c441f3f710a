"""Record mode: every request, task and test with its statements and outbound calls, as OTLP JSON lines."""
