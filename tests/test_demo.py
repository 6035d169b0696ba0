"""demo.py starts, or says in one line why it does not."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

import demo

DEMO = Path(demo.__file__)


def refused(capsys, *arguments):
    assert demo.main([str(argument) for argument in arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: ") and said.count("\n") == 1
    return said


def test_help():
    done = subprocess.run([sys.executable, DEMO, "--help"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert all(option in done.stdout for option in ("--host", "--port", "--share", "--checkpoint", "--device"))


def test_help_does_not_wait_for_torch():
    code = "import sys, demo; demo.parser().format_help(); print('torch' in sys.modules, 'gradio' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=DEMO.parent, timeout=60)
    assert done.stdout.split() == ["False", "False"]


def test_no_such_checkpoint(capsys, tmp_path):
    assert "no checkpoint at" in refused(capsys, "--checkpoint", tmp_path / "none.safetensors")


def test_damaged_checkpoint(capsys, tmp_path):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(b"no weights")
    assert "bad.safetensors is damaged" in refused(capsys, "--checkpoint", path)


def test_no_such_device(capsys, tiny_checkpoint):
    assert "not available here" in refused(capsys, "--checkpoint", tiny_checkpoint, "--device", "nonsense")


def test_port_in_use(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"cannot listen on 127.0.0.1, port {port}" in refused(capsys, "--port", port)


def test_no_such_port(capsys):
    assert "port 99999" in refused(capsys, "--port", 99999)


def test_host_of_another_machine(capsys):
    assert "192.0.2.1" in refused(capsys, "--host", "192.0.2.1")  # set aside for documentation (RFC 5737)


@pytest.mark.skipif(os.name == "nt", reason="Windows ends a process without asking it")
def test_sigterm_removes_the_uploads(tiny_checkpoint, tmp_path, free_port):
    command = [sys.executable, DEMO, "--port", str(free_port), "--checkpoint", tiny_checkpoint, "--device", "cpu"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "GRADIO_TEMP_DIR": tmp_path}
    )
    try:
        wait_for(free_port, process)
        [folder] = tmp_path.glob("uploads-*")
        (folder / "upload").write_bytes(b"a picture")
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
        assert not folder.exists()
    finally:
        process.kill()


def wait_for(port, process):
    for _ in range(1500):
        if process.poll() is not None:
            raise RuntimeError(f"demo.py ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise TimeoutError("demo.py did not start listening")


@pytest.fixture
def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
