"""Makes the calls on standard input with Datadog's own client: `datadog_client.py URL`, [[path, query, body], ...].

Prints the type of each answer. A body that is not of the client's model, or an answer that is not, is an error.
"""

import json
import sys
from typing import Any

from datadog_api_client import ApiClient, Configuration
from datadog_api_client.model_utils import validate_and_convert_types
from datadog_api_client.v1.api.metrics_api import MetricsApi
from datadog_api_client.v2.api.apm_trace_api import APMTraceApi
from datadog_api_client.v2.api.spans_api import SpansApi
from datadog_api_client.v2.model.spans_aggregate_request import SpansAggregateRequest
from datadog_api_client.v2.model.spans_list_request import SpansListRequest

configuration = Configuration(host=sys.argv[1], enable_retry=True)
configuration.api_key = {"apiKeyAuth": "key", "appKeyAuth": "application"}
configuration.unstable_operations["get_trace_by_id"] = True


def call(client: ApiClient, path: str, query: dict[str, list[str]], body: Any) -> Any:
    """One call."""

    def model(of: type) -> Any:
        return validate_and_convert_types(body, (of,), ["body"], True, True, configuration=configuration)

    if path.endswith("/aggregate"):
        return SpansApi(client).aggregate_spans(body=model(SpansAggregateRequest))
    if path.endswith("/search"):
        return SpansApi(client).list_spans(body=model(SpansListRequest))
    if "/trace/" in path:
        return APMTraceApi(client).get_trace_by_id(path.rpartition("/")[2])
    times = {name: int(query[name][0]) for name in ("from", "to")}
    return MetricsApi(client).query_metrics(_from=times["from"], to=times["to"], query=query["query"][0])


with ApiClient(configuration) as client:
    print([type(call(client, *one)).__name__ for one in json.load(sys.stdin)])  # noqa: T201
