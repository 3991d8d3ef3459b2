"""Verifies one delivery with the PyPI library `standardwebhooks`: SECRET ID TIMESTAMP SIGNATURE BODY."""

import sys

from standardwebhooks import Webhook, WebhookVerificationError


def main() -> int:
    secret, message_id, timestamp, signature, body = sys.argv[1:]
    headers = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": signature}
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1
    print("verified")
    return 0


sys.exit(main())
