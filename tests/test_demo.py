"""demo.py starts, or says in one line why it does not."""

import importlib.util
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
@pytest.mark.parametrize("after", [0, 0.3, 1])  # while it starts, warms up, waits
def test_sigterm_removes_the_uploads(tiny_checkpoint, tmp_path, free_port, after):
    command = [sys.executable, DEMO, "--port", str(free_port), "--checkpoint", tiny_checkpoint, "--device", "cpu"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "GRADIO_TEMP_DIR": tmp_path}
    )
    try:
        wait_for(free_port, process)
        [folder] = tmp_path.glob("uploads-*")
        (folder / "upload").write_bytes(b"a picture")
        time.sleep(after)
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


# ---- visitors, and what they may do


@pytest.mark.parametrize("option", ["--keep", "--queue", "--max-mb", "--max-megapixels"])
def test_nothing_less_than_one(capsys, tiny_checkpoint, option):
    said = refused(capsys, "--checkpoint", tiny_checkpoint, option, 0)
    assert option in said


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("eva:secret\nadam\n", "line 2 of"),
        (":secret\n", "line 1 of"),
        ("eva:\n", "line 1 of"),
        ("\n", "nobody could enter"),
        ("eva:1\neva:2\n", "names a user twice"),
    ],
)
def test_logins_that_cannot_be_used(capsys, tiny_checkpoint, tmp_path, text, says):
    (tmp_path / "logins").write_text(text)
    said = refused(capsys, "--checkpoint", tiny_checkpoint, "--auth", tmp_path / "logins")
    assert says in said and "secret" not in said


def test_no_file_of_logins(capsys, tiny_checkpoint, tmp_path):
    assert "cannot read the logins" in refused(capsys, "--checkpoint", tiny_checkpoint, "--auth", tmp_path / "none")


def test_logins(tmp_path):
    from detector.page import Settings, read_logins

    (tmp_path / "logins").write_text("eva:a:b c\n\nadam:12345\n")
    logins = read_logins(tmp_path / "logins")
    assert logins == (("eva", "a:b c"), ("adam", "12345"))
    assert "12345" not in repr(Settings(logins=logins))


def test_mcp_without_its_package(capsys, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "mcp" else found(name))
    assert 'pip install "gradio[mcp]"' in refused(capsys, "--mcp")


def test_the_variables_of_a_space_say_where_to_listen(capsys, monkeypatch):
    monkeypatch.setenv("GRADIO_SERVER_NAME", "192.0.2.1")
    assert "192.0.2.1" in refused(capsys)


@pytest.mark.parametrize("minutes", [1, 7, 60])
def test_pictures_are_gone_within_the_minutes_promised(minutes):
    from detector.page import uploads

    times = uploads.times(minutes)
    assert times.keep < times.lost and times.lost + times.every < 60 * minutes
