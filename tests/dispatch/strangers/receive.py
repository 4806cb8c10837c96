"""Lets the example of docs/endpoints.md and the SDK of CloudEvents take messages.

The first argument is the example's file, the second a file of messages, each a line of JSON. A message whose `event` is null is
forged: the example must refuse it.
"""

import importlib.util
import json
import os
import sys

from cloudevents.core.bindings.http import HTTPMessage, from_structured_event
from standardwebhooks import WebhookVerificationError


def load(path, secret):
    """Loads the example, which reads its secret when it is imported."""
    os.environ["ORDERHOOK_SECRET"] = secret
    spec = importlib.util.spec_from_file_location("receive", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def is_refused(example, body, headers):
    try:
        example.receive(body, headers)
    except WebhookVerificationError:
        return True
    return False


def take(example, message):
    headers, body = message["headers"], message["body"].encode()
    if message["event"] is None:
        assert is_refused(example, body, headers), message["name"]
        return
    event = example.receive(body, headers)
    parsed = from_structured_event(HTTPMessage(headers=headers, body=body))
    for name in ("id", "source", "type"):
        assert event[name] == message["event"][name] == parsed.get_attributes()[name], name
    assert parsed.get_data() == message["event"]["data"], message["name"]


with open(sys.argv[2], encoding="utf-8") as messages:
    lines = [json.loads(line) for line in messages.read().split("\n") if line]
for message in lines:
    take(load(sys.argv[1], message["secret"]), message)
print(f"Python: {len(lines)} messages")
