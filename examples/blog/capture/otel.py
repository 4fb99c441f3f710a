"""Record traces/otel.jsonl with the OpenTelemetry SDK: python -m capture.otel"""

import os
import tempfile
import threading
from pathlib import Path

# The instrumentations read this once, when they are first used.
os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "http,database"

from opentelemetry.exporter.otlp.json.file.trace_exporter import FileSpanExporter
from opentelemetry.instrumentation.flask import FlaskInstrumentor
from opentelemetry.instrumentation.sqlalchemy import SQLAlchemyInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from werkzeug.serving import make_server

from blog import create_app
from blog.models import db
from blog.seed import create_sample_blog
from capture.drive import TRACES, send_requests, without_machine_paths


def seeded_app(database):
    app = create_app({"SQLALCHEMY_DATABASE_URI": f"sqlite:///{database}"})
    with app.app_context():
        create_sample_blog()
    return app


def instrument(app, provider):
    FlaskInstrumentor().instrument_app(app, tracer_provider=provider)
    with app.app_context():
        SQLAlchemyInstrumentor().instrument(engine=db.engine, tracer_provider=provider)


def serve_requests(app):
    server = make_server("127.0.0.1", 0, app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        send_requests(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()


def main():
    resource = Resource.create(
        {
            "service.name": "blog-web",
            "service.version": "1.4.0",
            "deployment.environment.name": "production",
        }
    )
    with tempfile.TemporaryDirectory() as folder:
        spans = Path(folder) / "spans.jsonl"
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(BatchSpanProcessor(FileSpanExporter(spans)))
        app = seeded_app(Path(folder) / "blog.db")
        instrument(app, provider)
        serve_requests(app)
        provider.shutdown()
        text = without_machine_paths(spans.read_text(), folder)
    (TRACES / "otel.jsonl").write_text(text)


if __name__ == "__main__":
    main()
