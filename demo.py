"""Opens the web page: python demo.py, then http://127.0.0.1:7860."""

import argparse
import sys

from detector import page
from detector.analyse import Analyser
from detector.model import CheckpointError


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Opens the detector's web page.")
    parser.add_argument(
        "--host", help="address to listen on; 0.0.0.0 lets other machines in (default: this machine only)"
    )
    parser.add_argument("--port", type=int, help="port (default: 7860, or the next free one)")
    parser.add_argument("--share", action="store_true", help="also open a public gradio.live link")
    parser.add_argument(
        "--checkpoint", metavar="FILE", help="weights to use (default: those that come with the detector)"
    )
    parser.add_argument("--device", default="auto", help="auto (default), cpu, cuda, cuda:1, mps")
    args = parser.parse_args(argv)
    try:
        analyser = Analyser(args.checkpoint, args.device)
    except (CheckpointError, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    options = page.launch_options(analyser)
    page.build(analyser).launch(server_name=args.host, server_port=args.port, share=args.share, **options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
