"""Does the page bear nonsense? python -m benchmarks.fuzz_page --address http://127.0.0.1:7860 [--calls 300] [--seed 0]

Calls every handler of a running page as a stranger might, with values of wrong types, absurd numbers and paths of the
server, and between them asks for something sound. Reports answers that name a file of the server or show a traceback,
answers that do not come, and a page that is gone. Start the page for it with --reviews, so that no tab is missing.
"""

import argparse
import json
import random
import re
import uuid
from collections import Counter
from typing import Any

import httpx

FILE = {"_type": "gradio.FileData"}
PATHS = ("/etc/passwd", "../../etc/passwd", "demo.py", "file:///etc/passwd", "http://127.0.0.1:9/x", "\0", "a" * 5000)
NONSENSE: tuple[Any, ...] = (
    *(None, True, -1, 10**30, 1e308, 0.5, "", "x" * 32, "<img src=x onerror=alert(1)>", "\ud800"),
    *("NaN", "../../etc/passwd", [], {}, [None], [[]], {"index": -1}, {"a": {"b": []}}, [10**30] * 3),
    *({"path": path, "meta": FILE} for path in PATHS),
    *([{"path": path, "orig_name": "a.jpg", "meta": FILE}] for path in PATHS[:4]),
    *({"path": None, "url": "file:///etc/passwd", "meta": FILE}, {"path": {"a": 1}, "meta": FILE}, {"meta": FILE}),
)
# A traceback, a line of /etc/passwd, a place in the server's file system outside the folder of uploads.
LEAK = re.compile(r"Traceback|root:[x*]?:0|/site-packages/|/detector/page/|\.py\b[\"', ]+line \d")
PATIENCE = 60  # seconds for one answer: a busy machine judges a picture in some of them


def handlers(config: dict[str, Any]) -> list[tuple[int, int, list[Any]]]:
    """(number, how many inputs, the event's own targets) of what runs on the server."""
    return [(one["id"], len(one["inputs"]), one["targets"]) for one in config["dependencies"] if one["backend_fn"]]


def call(web: httpx.Client, number: int, data: list[Any], event: Any = None) -> str:
    """The whole answer of one call, as the page itself would make it; raises httpx.HTTPError where none comes."""
    session = uuid.uuid4().hex[:12]
    body = {"fn_index": number, "data": data, "session_hash": session, "event_data": event, "trigger_id": None}
    sent = json.dumps(body).encode("utf-8", "surrogatepass")
    headers = {"content-type": "application/json"}
    joined = web.post("/gradio_api/queue/join", content=sent, headers=headers)
    if joined.status_code != 200:
        return joined.text
    said = ""
    with web.stream("GET", "/gradio_api/queue/data", params={"session_hash": session}) as stream:
        for line in stream.iter_lines():
            said += line
            if '"process_completed"' in line or '"unexpected_error"' in line or '"close_stream"' in line:
                break
    return said


def alive(web: httpx.Client) -> bool:
    try:
        return web.get("/config").status_code == 200
    except httpx.HTTPError:
        return False


def attack(address: str, calls: int, seed: int) -> tuple[Counter[str], list[str]]:
    """How the calls ended, and what was wrong."""
    chance, ends, wrong = random.Random(seed), Counter(), []
    with httpx.Client(base_url=address, timeout=PATIENCE) as web:
        known = handlers(web.get("/config").json())
        for turn in range(calls):
            number, count, _ = known[turn % len(known)]
            data = [chance.choice(NONSENSE) for _ in range(chance.choice((count, count, count, 0, count + 1)))]
            what = f"handler {number}, {json.dumps(data)[:300]}"
            try:
                said = call(web, number, data, chance.choice(NONSENSE))
            except httpx.HTTPError as error:
                ends["no answer"] += 1
                wrong.append(f"no answer ({error!r}): {what}")
                continue
            ends["taken" if '"success":true' in said.replace(" ", "") else "refused"] += 1
            if found := LEAK.search(said):
                wrong.append(f"tells {found[0]!r}: {what}")
            if turn % 20 == 0 and not alive(web):
                wrong.append(f"the page is gone: {what}")
                break
        if not alive(web):
            wrong.append("the page is gone")
    return ends, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--address", default="http://127.0.0.1:7860")
    parser.add_argument("--calls", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    ends, wrong = attack(args.address, args.calls, args.seed)
    print("\n".join(wrong))
    print(f"{ends.total()} calls: {dict(ends)}; {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
