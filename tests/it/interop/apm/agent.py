"""Sends one message with the Python agent, configured by its environment alone. Exits 0 whatever comes of it."""
import elasticapm

# Closing sends at once, and waits as long as a request may take.
client = elasticapm.Client(
    service_name="probe", metrics_interval="0s", central_config=False, cloud_provider="none", api_request_time="15s"
)
client.capture_message("hello")
client.close()
