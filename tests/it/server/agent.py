"""One transaction with a span and an error, sent by Elastic's agent with the settings of its environment."""
import elasticapm

client = elasticapm.Client(metrics_interval="0s", api_request_time="500ms")
client.begin_transaction("request")
with elasticapm.capture_span("span"):
    pass
try:
    1 / 0
except ZeroDivisionError:
    client.capture_exception()
client.end_transaction("probe", "ok")
client.close()
