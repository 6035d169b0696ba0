"""Memory that was freed must be there for who asks next, and go back when told to."""

import platform
import subprocess
import sys

import pytest

from detector import heap

glibc = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc's malloc is told anything")

FAULTS = """
import resource, sys, threading
from detector import heap
if "keep" in sys.argv:
    heap.keep_freed()

def used():
    return [bytes([1]) * (8 << 20) for _ in range(12)]  # 96 MiB, freed at once, more than one of a thread's heaps holds

def work():
    used()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(10):
        used()
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)

if "thread" in sys.argv:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
else:
    work()
"""


def faults(*call):
    done = subprocess.run([sys.executable, "-c", FAULTS, *call], capture_output=True, text=True, check=True)
    return int(done.stdout)


@glibc
@pytest.mark.parametrize("where", ["main", "thread"])
def test_freed_memory_is_used_again(where):
    assert faults("keep", where) < 0.05 * faults(where)


RESIDENT = """
import threading
import numpy as np
from detector import heap
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
heap.keep_freed()
def work():
    [np.ones(2 << 20, np.float32) for _ in range(20)]

work()
thread = threading.Thread(target=work)
thread.start()
thread.join()
kept = resident()
heap.hand_back()
print(kept - resident())
"""


@glibc
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_is_free_is_handed_back():
    done = subprocess.run([sys.executable, "-c", RESIDENT], capture_output=True, text=True, check=True)
    assert int(done.stdout) > 250 << 20  # of 320


HEAPS = """
import ctypes, sys, threading
from detector import heap
if "one" in sys.argv:
    heap.share_one()
together = threading.Barrier(4)
def work():
    together.wait()
    bytes(300_000)
threads = [threading.Thread(target=work) for _ in range(4)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
libc = ctypes.CDLL("libc.so.6")
libc.fdopen.restype = ctypes.c_void_p
libc.malloc_info(0, ctypes.c_void_p(libc.fdopen(1, b"w")))
libc.fflush(None)
"""


@glibc
def test_threads_share_one_heap():
    many, one = (
        subprocess.run([sys.executable, "-c", HEAPS, *call], capture_output=True, text=True, check=True).stdout
        for call in ((), ("one",))
    )
    assert one.count("<heap nr=") == 1 < many.count("<heap nr=")


def test_another_c_library_is_left_alone(monkeypatch):
    def missing(name):
        raise OSError(name)

    monkeypatch.setattr(heap.ctypes, "CDLL", missing)
    heap.keep_freed()
    heap.hand_back()
    monkeypatch.setattr(heap.ctypes, "CDLL", lambda name: object())
    heap.share_one()
