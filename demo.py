"""Opens the web page: python demo.py, then http://127.0.0.1:7860."""

import argparse
import os
import signal
import socket
import sys

from detector.arguments import add_targets


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
    root.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, mps")
    return root


def main(argv: list[str] | None = None) -> int:
    """Serves until stopped; 0: stopped, 2: it could not start."""
    args = parser().parse_args(argv)
    try:
        _check_address(args.host or "127.0.0.1", args.port or 0)
    except ValueError as error:
        return _failed(error)
    # torch and gradio take seconds to import; --help and a taken port need neither
    from detector import page
    from detector.analyse import Analyser
    from detector.reviews import Reviews
    from detector.verdict import Targets

    try:
        targets = Targets(args.false_alarms / 100, args.misses / 100)
        analyser = Analyser(args.checkpoint, args.device, targets=targets)
        reviews = Reviews(args.reviews, args.reviewers).path.resolve() if args.reviews else None
    except ValueError as error:
        return _failed(error)
    signal.signal(signal.SIGTERM, _stop)
    with page.upload_folder():
        settings = page.Settings(reviews=reviews, reviewers=args.reviewers)
        blocks, options = page.build(analyser, settings), page.launch_options(analyser)
        address = dict(server_name=args.host, server_port=args.port, share=args.share)
        try:
            blocks.launch(**address, **options, prevent_thread_lock=True)
            blocks.block_thread()
        except OSError as error:
            return _failed(error)
        except KeyboardInterrupt:  # before the page was ready; after that, block_thread takes it
            pass
    return 0


def _check_address(host: str, port: int) -> None:
    """Raises ValueError. Gradio itself would wait for ever for an address that is not this machine's."""
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        socket.create_server((host, port), family=family).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"cannot listen on {host}, port {port}: {reason}; try another --port or --host") from error


def _stop(*_: object) -> None:
    """Ends like Ctrl-C does, so that the uploads are removed; a second signal must not cut that short."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    raise KeyboardInterrupt


def _failed(error: object) -> int:
    print(f"error: {error}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # a page left open in a browser holds threads that an ordinary exit would wait for
