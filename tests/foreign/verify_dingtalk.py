"""Signs for DingTalk with the PyPI library `apprise` and compares: SECRET TIMESTAMP_MS SIGN, as they stood in the query."""

import sys
import time

from apprise.plugins.dingtalk import NotifyDingTalk


def main() -> int:
    secret, timestamp, sign = sys.argv[1:]
    time.time = lambda: int(timestamp) / 1000
    theirs = NotifyDingTalk(token="a" * 64, secret=secret).get_signature()
    if (str(theirs[0]), theirs[1]) != (timestamp, sign):
        print(f"{theirs} is not {(timestamp, sign)}", file=sys.stderr)
        return 1
    print("verified")
    return 0


sys.exit(main())
