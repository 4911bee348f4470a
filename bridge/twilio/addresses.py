"""Where Twilio reaches us: full URLs made from PUBLIC_BASE_URL and a path.

Pure. TwiML names these addresses and the signature covers the very same characters, so both
take them from here and never from a request's Host. Read next: twiml.py and signature.py.
"""

# Connection overrides: up to three more attempts, after any failure. By default Twilio tries
# once more, and only after a failed connect. Twilio keeps the fragment to itself and signs
# without it. Source: Twilio, Webhooks (HTTP callbacks): Connection Overrides.
RETRIES = "#rc=3&rp=all"


def webhook_url(public_base_url: str, path: str, *, retried: bool = False) -> str:
    """Address of a webhook. `path` starts with a slash; `retried` asks Twilio to try again."""
    return public_base_url.rstrip("/") + path + (RETRIES if retried else "")


def socket_url(public_base_url: str, path: str) -> str:
    """Address of a websocket: always wss, the only scheme Twilio's `<Stream>` accepts."""
    _, _, rest = public_base_url.rstrip("/").partition("://")
    return f"wss://{rest}{path}"
