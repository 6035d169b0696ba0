"""What other programs may ask of the page, and what they may not."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from browser import serving
from gradio_client import Client, handle_file
from PIL import Image

import demo
from detector.page import api

ROOT = Path(demo.__file__).parent
PATIENT = {"timeout": 120}  # the page is slow to answer while it judges on a busy machine
WEB = httpx.Client(**PATIENT)
FILE = {"_type": "gradio.FileData"}


@pytest.fixture(scope="module")
def client(address):
    return Client(address, verbose=False, httpx_kwargs=PATIENT)


def ask(address, name, data):
    """Over HTTP alone, as somebody would who has no good intentions: the last event and what it carries."""
    asked = WEB.post(f"{address}/gradio_api/call/{name}", json={"data": data})
    if asked.status_code != 200:
        return asked.text
    answer = WEB.get(f"{address}/gradio_api/call/{name}/{asked.json()['event_id']}")
    return answer.text


def test_nothing_else_is_offered(client):
    endpoints = client.view_api(return_format="dict", print_info=False)
    assert set(endpoints["named_endpoints"]) == {"/inspect", "/scan"} and not endpoints["unnamed_endpoints"]


def test_nothing_of_it_is_seen_on_the_page(address):
    components = WEB.get(f"{address}/config").json()["components"]
    asked = [one for one in components if one["type"] == "file" and one["props"].get("label") == "pictures"]
    assert [one["props"]["visible"] for one in asked] == [False]


def test_scan_lists_each_picture_and_what_cannot_be_read(client, pictures, collins, hopper):
    sent = [collins, pictures / "text.jpg", hopper]
    first, broken, last = client.predict([handle_file(path) for path in sent], api_name="/scan")
    assert [first["img_name"], broken["img_name"], last["img_name"]] == [path.name for path in sent]
    assert set(broken) == {"img_name", "error"} and "not a picture" in broken["error"]
    for found in (first, last):
        assert 0 <= found["y_pred"] <= 1 and found["answer"] in ("manipulated", "authentic", "undecided")
        assert set(found["artifacts"]) == {"face_edge"}


def test_scan_says_what_the_analyser_says(tiny, collins, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    found, empty = api.listed(tiny, [("a name", str(collins)), ("none", str(tmp_path / "empty"))])
    analysis = tiny.analyse(collins, None)
    assert found["img_name"] == "a name" and found["y_pred"] == pytest.approx(analysis.probability, abs=1e-6)
    assert found["answer"] == analysis.answer.value
    assert empty["img_name"] == "none" and "empty" in empty["error"]
    json.dumps([found, empty])


def test_scan_takes_data_urls_but_no_paths(client, collins):
    data = "data:image/jpeg;base64," + base64.b64encode(collins.read_bytes()).decode()
    [found] = client.predict([data], api_name="/scan")
    assert found["img_name"] == "picture 1" and 0 <= found["y_pred"] <= 1
    [broken] = client.predict(["data:nonsense"], api_name="/scan")
    assert broken["error"]
    for bad in ("/etc/passwd", str(collins), "file:///etc/passwd"):
        with pytest.raises(Exception, match="Links are not followed"):
            client.predict([bad], api_name="/scan")


def test_scan_of_nothing_and_of_too_much(client, monkeypatch, collins):
    assert client.predict([], api_name="/scan") == []
    with pytest.raises(Exception, match="101 pictures are more than 100"):
        client.predict([handle_file(collins)] * 101, api_name="/scan")


def test_the_readme_tells_the_truth(address, tmp_path, collins, hopper):
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    [code] = [block for block in blocks if "gradio_client" in block]
    shutil.copy(collins, tmp_path / "portrait.jpg")
    shutil.copy(hopper, tmp_path / "other.jpg")
    assert "http://127.0.0.1:7860" in code and "/inspect" in code and "/scan" in code
    code = code.replace("http://127.0.0.1:7860", address)
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert re.fullmatch(r"[a-z ]+ [01]\.\d+", said[-3])
    assert [line.split()[0] for line in said[-2:]] == ["portrait.jpg", "other.jpg"]


# ---- what is refused


@pytest.mark.parametrize("name", ["inspect", "scan"])
@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:9/a.jpg", "https://example.org/a.jpg", "http://169.254.169.254/latest"]
)
def test_links_are_not_followed(address, name, link):
    for file in ({"path": link, "meta": FILE}, {"path": link, "url": link, "meta": FILE}):
        data = [file, "gradcam"] if name == "inspect" else [[file]]
        assert "Links are not followed" in ask(address, name, data)


@pytest.mark.parametrize("name", ["inspect", "scan"])
@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "demo.py",
        str(ROOT / "detector/weights/detector.safetensors"),
        str(ROOT / "assets/screenshot.png"),  # a picture, but not one that the page gives out
        "ftp://127.0.0.1/a.jpg",
        "HTTPS://127.0.0.1:9/a.jpg",
        "//127.0.0.1/a.jpg",
    ],
)
def test_files_of_the_server_are_not_read(address, name, path):
    file = {"path": path, "meta": FILE}
    said = ask(address, name, [file, "gradcam"] if name == "inspect" else [[file]])
    assert "event: error" in said and "y_pred" not in said and "probability" not in said
    assert "root:" not in said


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "demo.py", str(ROOT / "demo.py"), str(ROOT / "assets"), "http://127.0.0.1:9/a.jpg"]
)
def test_files_of_the_server_are_not_given_out(address, path):
    assert WEB.get(f"{address}/gradio_api/file={path}").status_code in (403, 404)


def upload(address, path):
    sent = WEB.post(f"{address}/gradio_api/upload", files={"files": (path.name, path.read_bytes())})
    return Path(sent.json()[0])


def test_nobody_finds_another_persons_picture(address, collins, hopper):
    """Its address holds a random folder and a salted checksum; no list, parent folder or name gives it away."""
    theirs, mine = upload(address, collins), upload(address, hopper)
    assert len(theirs.parent.name) == 64 and theirs.parent.name != hashlib.sha256(collins.read_bytes()).hexdigest()
    assert theirs.parent != mine.parent and re.fullmatch(r"uploads-\w{8}", theirs.parts[-3])
    guesses = [
        mine.parent.parent,  # the folder of all uploads: no listing
        theirs.parent,
        mine.parent / "..",
        mine.parent / theirs.name,
        mine.parent.parent / theirs.name,
        mine.parent.parent / "*" / theirs.name,
    ]
    for guess in guesses:
        answer = WEB.get(f"{address}/gradio_api/file={guess}")
        assert answer.status_code in (403, 404) and answer.content != collins.read_bytes(), guess
    pages = [
        WEB.get(address + path).text for path in ("/", "/config", "/gradio_api/info", "/gradio_api/startup-events")
    ]
    assert not any(theirs.parent.name in text for text in pages)


def test_an_upload_keeps_to_its_folder(address, collins):
    sent = WEB.post(f"{address}/gradio_api/upload", files={"files": ("../../../escaped.jpg", collins.read_bytes())})
    path = Path(sent.json()[0])
    assert re.fullmatch(r"uploads-\w{8}", path.parts[-3]) and ".." not in path.parts


# ---- what a Space or gradio would switch on by itself


def test_nothing_is_recorded_or_passed_on(tiny_checkpoint, tmp_path):
    """With the variables of a Space, and with those that would switch gradio's own recording on."""
    environment = {
        "SPACE_ID": "someone/space",
        "SYSTEM": "spaces",
        "GRADIO_RUN_HISTORY": "True",
        "GRADIO_HISTORY_BUCKET": "someone/bucket",
        "GRADIO_SSR_MODE": "True",
        "GRADIO_FLAGGING_MODE": "auto",
        "GRADIO_CACHE_EXAMPLES": "true",
    }
    with serving(tiny_checkpoint, tmp_path, environment=environment) as (address, _):
        config = WEB.get(f"{address}/config").json()
        assert config["analytics_enabled"] is False and config["run_history"] is False and config["pwa"] is False
        assert {"runs", "gradio"}.isdisjoint(config["footer_links"]) and config["show_error"] is False
        kinds = {component["type"] for component in config["components"]}
        assert kinds.isdisjoint({"deeplinkbutton", "duplicatebutton", "loginbutton", "clearbutton"})
        for component in config["components"]:
            buttons = component["props"].get("buttons") or []
            assert "share" not in buttons, component["props"].get("elem_id")
        assert WEB.get(f"{address}/gradio_api/runs").status_code == 404
        assert WEB.get(f"{address}/monitoring").status_code == 403
        assert WEB.get(f"{address}/gradio_api/mcp/").status_code == 404  # off by default
    assert "SSR" not in (tmp_path / "log").read_text()


def test_a_login_is_asked_for(tiny_checkpoint, tmp_path, collins):
    logins = tmp_path / "logins"
    logins.write_text("eva:a:b c\n\nadam:12345\n")
    with serving(tiny_checkpoint, tmp_path, "--auth", logins) as (address, process):
        uploaded = WEB.post(f"{address}/gradio_api/upload", files={"files": ("a.jpg", collins.read_bytes())})
        assert uploaded.status_code == 401
        assert WEB.post(f"{address}/gradio_api/call/scan", json={"data": [[]]}).status_code == 401
        assert WEB.get(f"{address}/gradio_api/info").status_code == 401
        assert WEB.post(f"{address}/login", data={"username": "eva", "password": "a"}).status_code == 400
        assert (
            Client(address, auth=("eva", "a:b c"), verbose=False, httpx_kwargs=PATIENT).predict([], api_name="/scan")
            == []
        )
        if Path("/proc/self/cmdline").exists():
            assert b"12345" not in Path(f"/proc/{process.pid}/cmdline").read_bytes()
    assert "12345" not in (tmp_path / "log").read_text()


def test_a_full_queue_says_so(tiny_checkpoint, tmp_path, collins):
    with serving(tiny_checkpoint, tmp_path, "--queue", "1") as (address, _):
        path = str(upload(address, collins))
        data = {"data": [[{"path": path, "meta": FILE}] * 50]}
        asked = [WEB.post(f"{address}/gradio_api/call/scan", json=data) for _ in range(6)]
        refused = [answer for answer in asked if answer.status_code == 503]
        assert refused and asked[0].status_code == 200
        assert "Queue is full" in refused[0].json()["detail"]  # the browser says that the application is busy


def test_limits_are_the_starters_choice(tiny_checkpoint, tmp_path):
    with serving(tiny_checkpoint, tmp_path, "--max-mb", "0.05", "--max-megapixels", "0.1") as (address, _):
        assert WEB.get(f"{address}/config").json()["max_file_size"] == 50_000  # of an upload
        small = tmp_path / "wide.png"
        Image.new("RGB", (400, 300)).save(small)
        client = Client(address, verbose=False, httpx_kwargs=PATIENT)
        [found] = client.predict([handle_file(small)], api_name="/scan")
        assert "0.1 megapixels allowed" in found["error"]


# ---- MCP


def test_mcp_offers_the_same_and_keeps_pictures_in_the_swept_folder(tiny_checkpoint, tmp_path, collins):
    pytest.importorskip("mcp", reason="gradio[mcp] is not installed")
    data = "data:image/jpeg;base64," + base64.b64encode(collins.read_bytes()).decode()
    elsewhere = tmp_path / "tmp"
    elsewhere.mkdir()
    environment = {"GRADIO_TEMP_DIR": str(elsewhere)}
    with serving(tiny_checkpoint, tmp_path, "--mcp", environment=environment) as (address, _):
        tools = {tool["name"]: tool for tool in rpc(address, "tools/list")["tools"]}
        assert set(tools) == {"inspect", "scan"}
        assert "Judges one picture" in tools["inspect"]["description"]
        assert "Judges many pictures" in tools["scan"]["description"]
        said = rpc(address, "tools/call", name="scan", arguments={"pictures": [data]})
        assert not said.get("isError"), said
        assert "y_pred" in said["content"][0]["text"]
        said = rpc(address, "tools/call", name="inspect", arguments={"picture": data})
        assert "probability" in said["content"][0]["text"]
        for bad in ("http://127.0.0.1:9/a.jpg", "/etc/passwd", str(collins)):
            said = rpc(address, "tools/call", name="scan", arguments={"pictures": [bad]})
            assert said["isError"] and "y_pred" not in json.dumps(said)
            said = rpc(address, "tools/call", name="inspect", arguments={"picture": bad})
            assert said["isError"] and "probability" not in json.dumps(said)
        files = [path.relative_to(elsewhere) for path in elsewhere.rglob("*") if path.is_file()]
        assert files and all(file.parts[0].startswith("uploads-") for file in files)
    assert not any(path.is_file() for path in elsewhere.rglob("*"))


def rpc(address, method, **params):
    answer = WEB.post(
        f"{address}/gradio_api/mcp/",
        json={"jsonrpc": "2.0", "id": 1, "method": method, "params": params},
        headers={"Accept": "application/json, text/event-stream"},
        follow_redirects=True,
    )
    text = answer.text
    if text.startswith(("event:", "data:")):
        text = next(line for line in text.splitlines() if line.startswith("data:")).removeprefix("data:")
    return json.loads(text)["result"]
