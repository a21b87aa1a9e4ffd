#!/usr/bin/env python3
"""Signs order.json, or the file that is named, and posts it. Needs nothing but Python 3.

WEBHOOK_URL and WEBHOOK_SECRET are what POST /v1/connections answered.
"""
import hashlib
import hmac
import os
import pathlib
import sys
import time
import urllib.error
import urllib.request


def send(body: bytes, url: str, secret: str) -> None:
    """Posts one body; where the service cannot store it, sends it again."""
    for wait in (0, 1, 5, 30):
        time.sleep(wait)
        # The signature is over the timestamp, a point and the raw bytes of the body.
        now = str(int(time.time()))
        mac = hmac.new(secret.encode(), now.encode() + b"." + body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(url, data=body, headers={
            "Content-Type": "application/json", "X-Timestamp": now, "X-Signature": "sha256=" + mac,
        })
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                print(answer.read().decode())
                return
        except urllib.error.HTTPError as refused:
            if refused.code not in (429, 503):
                raise SystemExit(f"{refused.code}: {refused.read().decode()}") from refused
        except urllib.error.URLError as away:
            print(f"not reached: {away.reason}", file=sys.stderr)
    raise SystemExit("not stored: send it again later")


if __name__ == "__main__":
    here = pathlib.Path(__file__).parent
    path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here / "order.json"
    send(path.read_bytes(), os.environ["WEBHOOK_URL"], os.environ["WEBHOOK_SECRET"])
