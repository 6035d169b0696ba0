import sys

from .cli import main

for stream in (sys.stdout, sys.stderr):  # a console that lacks a character must not stop a scan
    stream.reconfigure(errors="replace")
sys.exit(main())
