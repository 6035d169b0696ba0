"""Opens the web page: python demo.py, then http://127.0.0.1:7860."""

import argparse
import importlib.util
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

from detector import heap
from detector.arguments import add_limits, add_targets

TRIM = 10  # seconds between two times that free memory is handed back


def parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(description="Opens the detector's web page.")
    root.add_argument(
        "--host", help="address to listen on; 0.0.0.0 lets other machines in (default: this machine only)"
    )
    root.add_argument("--port", type=int, help="port (default: 7860, or the next free one)")
    root.add_argument("--share", action="store_true", help="also open a public gradio.live link")
    root.add_argument(
        "--checkpoint", metavar="FILE", help="weights to use (default: those that come with the detector)"
    )
    add_targets(root)
    root.add_argument(
        "--reviews", metavar="FILE", help="add the Review tab; queue and decisions are kept in this SQLite file"
    )
    root.add_argument(
        "--reviewers", type=int, default=2, metavar="N", help="different people who review each picture (default: 2)"
    )
    root.add_argument("--device", default="auto", help="auto (default), cpu, openvino, cuda, cuda:1, mps")
    _add_visitors(root)
    return root


def _add_visitors(root: argparse.ArgumentParser) -> None:
    group = root.add_argument_group("visitors, and what they may do")
    group.add_argument(
        "--auth", metavar="FILE", type=Path, help="let in only who knows a login: lines of user:password (default: all)"
    )
    group.add_argument(
        "--keep", metavar="MINUTES", type=int, default=60, help="uploads are gone after this time (default: 60)"
    )
    add_limits(group)
    group.add_argument("--queue", metavar="N", type=int, default=64, help="requests that may wait (default: 64)")
    group.add_argument("--mcp", action="store_true", help="offer the API as MCP tools too (needs gradio[mcp])")


def main(argv: list[str] | None = None) -> int:
    """Serves until stopped; 0: stopped, 2: it could not start."""
    args = parser().parse_args(argv)
    try:
        # where gradio will listen; a Space sets the variables
        _check_address(args.host or os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1", args.port or 0)
        if args.max_mb <= 0 or args.max_megapixels <= 0:
            raise ValueError("--max-mb and --max-megapixels must be above 0")
        _check_mcp(args.mcp)
    except ValueError as error:
        return _failed(error)
    # Before the first thread; gradio starts many.
    heap.share_one()
    heap.keep_freed()
    # torch and gradio take seconds to import; --help and a taken port need neither
    from detector import page
    from detector.analyse import Analyser
    from detector.images import Limits
    from detector.reviews import Reviews
    from detector.verdict import Targets

    try:
        targets = Targets(args.false_alarms / 100, args.misses / 100)
        limits = Limits(round(args.max_mb * 1e6), round(args.max_megapixels * 1e6))
        logins = page.read_logins(args.auth) if args.auth else ()
        reviews = Reviews(args.reviews, args.reviewers).path.resolve() if args.reviews else None
        settings = page.Settings(
            reviews=reviews,
            reviewers=args.reviewers,
            keep=args.keep,
            queue=args.queue,
            logins=logins,
            mcp=args.mcp,
        )
        own = Analyser(args.checkpoint, args.device, limits, targets)
        analyser = page.hosted(own)
    except ValueError as error:
        return _failed(error)
    stops: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stops.append(number))
    with page.upload_folder(settings.keep):
        blocks, options = page.build(analyser, settings), page.launch_options(analyser, settings)
        address = dict(server_name=args.host, server_port=args.port, share=args.share)
        try:
            blocks.launch(**address, **options, prevent_thread_lock=True)
            if analyser is own:  # a hired GPU cannot be used before somebody asks
                threading.Thread(target=page.warm_up, args=(analyser,), daemon=True).start()
            # A handler that raises could be lost in whatever runs just then (a callback from C, a finaliser).
            trimmed = time.monotonic()
            while not stops:
                time.sleep(0.1)
                if time.monotonic() - trimmed > TRIM:
                    heap.hand_back()
                    trimmed = time.monotonic()
        except (OSError, ValueError) as error:
            return _failed(error)
        except KeyboardInterrupt:
            pass
        blocks.close(verbose=False)  # else an upload could still come in while the folder is removed
    return 0


def _check_address(host: str, port: int) -> None:
    """Raises ValueError. Gradio itself would wait for ever for an address that is not this machine's."""
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        socket.create_server((host, port), family=family).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"cannot listen on {host}, port {port}: {reason}; try another --port or --host") from error


def _check_mcp(wanted: bool) -> None:
    """Raises ValueError. Gradio itself would start without the tools."""
    if wanted and importlib.util.find_spec("mcp") is None:
        raise ValueError('--mcp needs one more package; install it with: pip install "gradio[mcp]"')


def _failed(error: object) -> int:
    print(f"error: {error}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a page left open in a browser holds threads that an ordinary exit would wait for
